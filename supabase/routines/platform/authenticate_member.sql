-- No row: not a member, no such environment, or a user who is no more. The caller cannot tell which.
create or replace function app.authenticate_member(for_user uuid, for_environment text)
returns table (merchant_id text, role text, mode text)
language sql stable security definer set search_path = ''
as $$
  select m.merchant_id, m.role, e.mode
  from public.environments e
  join public.members m on m.merchant_id = e.merchant_id
  where e.id = for_environment and m.user_id = for_user and app.user_is_active(for_user)
$$;

revoke execute on function app.authenticate_member from public;
grant execute on function app.authenticate_member to billingos_api;
