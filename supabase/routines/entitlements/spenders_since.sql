-- Customers under a spend cap who used something since.
create or replace function app.spenders_since(since timestamptz) returns table (environment_id text, customer_id text)
language sql stable security definer set search_path = ''
as $$
  select distinct s.environment_id, s.customer_id
  from public.subscriptions s
  join public.plan_versions v on v.environment_id = s.environment_id and v.id = s.plan_version_id
  left join public.customer_spend_caps own
    on own.environment_id = s.environment_id and own.customer_id = s.customer_id
  where s.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused')
    and case when own.customer_id is null then v.spend_cap_amount else own.amount end is not null
    and exists (
      select from public.usage_records r
      where r.environment_id = s.environment_id and r.customer_id = s.customer_id and r.updated_at >= since)
  order by s.environment_id, s.customer_id
$$;

revoke execute on function app.spenders_since from public;
grant execute on function app.spenders_since to billingos_api;
