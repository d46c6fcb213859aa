-- The caps on a customer's running subscriptions, each with the metered prices of its currency and what was used of
-- each. Null: none. Most customers are under no spend cap: what is asked of every snapshot is only whether there is one.
create or replace function app.spend_caps(for_environment text, for_customer text, at timestamptz) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  if not exists (
       select from public.customer_spend_caps own
       where own.environment_id = for_environment and own.customer_id = for_customer)
     and not exists (
       select from public.subscriptions s
       join public.plan_versions v on v.environment_id = s.environment_id and v.id = s.plan_version_id
       where s.environment_id = for_environment and s.customer_id = for_customer
         and v.spend_cap_amount is not null) then
    return null;
  end if;
  return (
    select jsonb_agg(jsonb_build_object(
             'subscription_id', s.id, 'amount', cap.amount, 'currency', cap.currency, 'prices', metered.prices))
    from public.subscriptions s
    join public.plan_versions v on v.environment_id = s.environment_id and v.id = s.plan_version_id
    left join public.customer_spend_caps own
      on own.environment_id = s.environment_id and own.customer_id = s.customer_id
    cross join lateral (
      select case when own.customer_id is null then v.spend_cap_amount else own.amount end as amount,
             coalesce(own.currency, v.spend_cap_currency) as currency
    ) cap
    cross join lateral (
      select jsonb_agg(jsonb_build_object(
               'feature', f.key, 'meter_id', f.meter_id, 'period_start', u.period_start, 'used', coalesce(r.value, 0),
               'credited', coalesce(d.units, 0),
               'type', p.type, 'amount', p.amount, 'unit_amount', p.unit_amount::text, 'package_size', p.package_size,
               'included_units', p.included_units, 'tiers', p.tiers) order by p.id) as prices
      from public.subscription_items i
      join public.prices p on p.environment_id = i.environment_id and p.id = i.price_id
      join public.features f on f.environment_id = p.environment_id and f.id = p.feature_id
      cross join lateral app.usage_period(s.environment_id, s.customer_id, f.meter_id, at) u
      left join public.usage_records r
        on r.environment_id = s.environment_id and r.customer_id = s.customer_id and r.meter_id = f.meter_id
        and r.period_start = u.period_start
      left join public.credit_draws d
        on d.environment_id = s.environment_id and d.customer_id = s.customer_id and d.meter_id = f.meter_id
        and d.period_start = u.period_start
      where i.environment_id = s.environment_id and i.subscription_id = s.id and p.currency = cap.currency
    ) metered
    where s.environment_id = for_environment and s.customer_id = for_customer
      and s.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused') and s.duplicate_of is null
      -- A trial costs nothing.
      and not (s.status = 'trialing' and s.trial_end > at)
      and cap.amount is not null and metered.prices is not null
  );
end $$;

revoke execute on function app.spend_caps from public;
