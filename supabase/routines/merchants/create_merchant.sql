-- A merchant with its owner and its two environments.
create or replace function app.create_merchant(
  new_id text, new_slug text, new_name text, owner_id uuid, owner_email text,
  live_id text, test_id text, at timestamptz
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.merchants (id, slug, name, created_at) values (new_id, new_slug, new_name, at);
  insert into public.members (merchant_id, user_id, email, role, created_at)
  values (new_id, owner_id, owner_email, 'owner', at);
  insert into public.environments (id, merchant_id, slug, name, mode, created_at)
  values (live_id, new_id, 'live', 'Live', 'live', at), (test_id, new_id, 'test', 'Test', 'test', at);
end $$;

revoke execute on function app.create_merchant from public;
grant execute on function app.create_merchant to billingos_api;
