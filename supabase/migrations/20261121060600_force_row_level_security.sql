-- Row-level security on every table, forced, with a policy by tenant; and the narrowest rights for the API's role.

set local lock_timeout = '5s';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array[
    'api_keys', 'onboarding_steps', 'audit_log', 'request_idempotency', 'outbox', 'meters', 'features', 'plans',
    'plan_versions', 'prices', 'plan_features', 'customers', 'subscriptions', 'subscription_items', 'entitlements',
    'stripe_accounts', 'stripe_intents', 'webhook_events', 'usage_events', 'usage_keys', 'usage_records', 'usage_forwards'
  ] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select on public.%I to billingos_api', tenant_table);
  end loop;
end $$;

alter table merchants enable row level security;
alter table merchants force row level security;
alter table members enable row level security;
alter table members force row level security;
alter table environments enable row level security;
alter table environments force row level security;
grant select on merchants, members, environments to billingos_api;

create policy own_memberships on members to billingos_api
  using (user_id = (select app.user_id()));
create policy own_environments on environments to billingos_api
  using (
    id = (select app.environment_id())
    or merchant_id in (select merchant_id from members where user_id = (select app.user_id()))
  )
  with check (id = (select app.environment_id()));
create policy own_merchants on merchants to billingos_api
  using (id in (select merchant_id from environments));

grant update (default_plan_id) on environments to billingos_api;
grant insert on audit_log, onboarding_steps to billingos_api;
grant insert, update on
  api_keys, request_idempotency, outbox, meters, features, plans, plan_versions, prices, plan_features, customers,
  subscriptions, subscription_items, entitlements, stripe_accounts, stripe_intents to billingos_api;
grant update on webhook_events, usage_forwards to billingos_api;
grant delete on request_idempotency, entitlements, subscription_items to billingos_api;

-- Supabase's REST roles have no business here, whatever their defaults are.
do $$
declare
  rest_role text;
begin
  foreach rest_role in array array['anon', 'authenticated'] loop
    if exists (select from pg_roles where rolname = rest_role) then
      execute format('revoke all on all tables in schema public from %I', rest_role);
    end if;
  end loop;
end $$;
