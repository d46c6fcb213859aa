-- Whether Supabase's auth still has the user, unbanned. A database without the auth schema (a test of the API alone)
-- has only the token's word for it.
create or replace function app.user_is_active(for_user uuid)
returns boolean
language plpgsql stable security definer set search_path = ''
as $$
declare
  active boolean := true;
begin
  if to_regclass('auth.users') is not null then
    execute 'select exists (select from auth.users u
             where u.id = $1 and (u.banned_until is null or u.banned_until <= now()))'
    into active using for_user;
  end if;
  return active;
end $$;

revoke execute on function app.user_is_active from public;
grant execute on function app.user_is_active to billingos_api;
