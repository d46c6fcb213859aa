-- Everything a check needs to know about a customer, in one statement: grants, overrides, caps, what is held, credits,
-- spend caps, and why something is withheld. `reference` is the merchant's id of the customer, or ours (`cus_…`). A
-- customer that does not exist has `customer_id: null` and what the default plan grants, never a draft of it; an id of ours
-- that does not exist is a mistake, and nobody's: no use of it could be recorded.
create or replace function app.entitlement_snapshot(for_environment text, reference text, at timestamptz)
returns jsonb
language plpgsql stable security definer set search_path = '' set enable_seqscan = off
as $$
declare
  customer public.customers;
  default_version text;
  -- What a customer who is not there yet would have of it at once. Null: nothing.
  first_credits numeric;
  replaced text[];
  denied text[];
  changes timestamptz;
  -- Whether use of a trial counts on.
  carries boolean;
  granted jsonb;
begin
  select * into customer from public.customers c
  where c.environment_id = for_environment and (c.external_id = reference or c.id = reference)
  order by (c.id = reference) desc
  limit 1;

  -- The default plan holds while no subscription of its group grants anything.
  select v.id into default_version
  from public.environments e
  join public.plans p on p.environment_id = e.id and p.id = e.default_plan_id
  join lateral (
    select pv.id from public.plan_versions pv
    where pv.environment_id = e.id and pv.plan_id = p.id and pv.published_at is not null
    order by pv.number desc limit 1
  ) v on true
  where e.id = for_environment
    and (customer.id is not null or reference !~ '^cus_[0-9a-f]{32}$')
    and not exists (
      select from public.subscriptions s
      where s.environment_id = e.id and s.customer_id = customer.id and s."group" = p."group"
        and s.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused'));

  if customer.id is null and default_version is not null then
    select c.quantity into first_credits from public.plan_credits c
    where c.environment_id = for_environment and c.plan_version_id = default_version;
  end if;

  select coalesce(array_agg(o.feature_id) filter (where o.mode = 'replace'), '{}'),
         coalesce(array_agg(o.feature_id) filter (where not o.granted), '{}'),
         min(o.expires_at)
  into replaced, denied, changes
  from public.entitlement_overrides o
  where o.environment_id = for_environment and o.customer_id = customer.id and o.removed_at is null
    and (o.expires_at is null or o.expires_at > at);

  carries := exists (
      select from public.usage_carries k
      where k.environment_id = for_environment and k.customer_id = customer.id and k.period_start <= at)
    and not exists (
      select from public.subscription_settings t
      where t.environment_id = for_environment and t.reset_usage_after_trial);

  with grants as (
    -- An override says how much; what is withheld from the subscription stays withheld.
    select e.feature_id, e."limit", e.overage, e.value, e.caps, e.rank, e.suspended, e.paused, false as by_hand,
           not e.suspended and not e.feature_id = any (replaced) as counts
    from public.entitlements e
    where e.environment_id = for_environment and e.customer_id = customer.id
    union all
    select pf.feature_id, pf."limit", pf.overage, pf.value, pf.caps, -1, false, false, false,
           not pf.feature_id = any (replaced)
    from public.plan_features pf
    where pf.environment_id = for_environment and pf.plan_version_id = default_version
    union all
    select o.feature_id, o."limit", o.overage, o.value, o.caps, 2147483647, false, false, true, o.granted
    from public.entitlement_overrides o
    where o.environment_id = for_environment and o.customer_id = customer.id and o.removed_at is null
      and (o.expires_at is null or o.expires_at > at)
  ), usable as (
    select g.* from grants g
    union all
    -- What credits pay for, whoever has some may use: of nothing else, nothing is granted by it.
    select f.id, 0, 'block', null, null, -2, false, false, false, true
    from public.features f
    where (customer.has_credits or first_credits is not null) and f.environment_id = for_environment and f.credit_cost is not null
      and not exists (select from grants g where g.feature_id = f.id)
  ), active as (
    -- Grants of one feature add up; withheld ones count only when there is nothing else.
    select g.feature_id,
           coalesce(bool_and(g.suspended) filter (where not g.by_hand), false) as suspended,
           coalesce(bool_and(g.paused) filter (where not g.by_hand), false) as paused,
           case when bool_or(g."limit" is null and g.counts) then null
                else coalesce(sum(g."limit") filter (where g.counts), 0) end as "limit",
           case when bool_or(g.overage = 'allow' and g.counts) then 'allow'
                else coalesce(max(g.overage) filter (where g.counts), max(g.overage)) end as overage,
           (array_agg(g.value order by g.rank desc) filter (where g.counts))[1] as value,
           bool_or(g.caps is not null and g.counts) as capped
    from usable g
    where not g.feature_id = any (denied)
    group by g.feature_id
  )
  select coalesce(jsonb_object_agg(f.key, jsonb_build_object(
           'name', f.name,
           'type', f.type,
           'suspended', a.suspended,
           'paused', a.paused,
           'limit', a."limit",
           'overage', a.overage,
           'value', a.value,
           'meter_id', f.meter_id,
           'period_start', u.period_start,
           'period_end', u.period_end,
           'used', coalesce(r.value, 0),
           'carried', case when carries and f.meter_id is not null then
             app.carried_usage(for_environment, customer.id, f.meter_id, u.period_start) end,
           'held', coalesce(h.held, 0),
           'usage_version', coalesce(r.version, 0),
           'caps', c.caps)), '{}'::jsonb)
  into granted
  from active a
  join public.features f on f.environment_id = for_environment and f.id = a.feature_id
  left join lateral app.usage_period(for_environment, customer.id, f.meter_id, at) u on f.meter_id is not null
  left join public.usage_records r
    on r.environment_id = for_environment and r.customer_id = customer.id and r.meter_id = f.meter_id
    and r.period_start = u.period_start
  left join lateral (
    select sum(v.quantity) as held from public.usage_reservations v
    where v.environment_id = for_environment and v.customer_id = customer.id and v.meter_id = f.meter_id
      and v.state = 'held' and v.expires_at > at
  ) h on f.meter_id is not null
  left join lateral (
    select jsonb_agg(jsonb_build_object(
             'interval', s.unit, 'quantity', s.quantity, 'starts_at', w.window_start, 'ends_at', w.window_end,
             'base', coalesce(kept.base,
               app.window_base(for_environment, customer.id, f.meter_id, w.window_start, coalesce(r.value, 0))),
             'kept', kept.base is not null) order by w.window_end, s.unit) as caps
    from (
      -- Like limits: where several grants cap the same interval, the caps add up.
      select cap."interval" as unit, sum(cap.quantity) as quantity
      from grants g
      cross join lateral jsonb_to_recordset(g.caps) as cap ("interval" text, quantity numeric)
      where g.feature_id = a.feature_id and g.counts and g.caps is not null
      group by cap."interval"
    ) s
    cross join lateral app.cap_window(s.unit, at) w
    left join public.usage_windows kept
      on kept.environment_id = for_environment and kept.customer_id = customer.id and kept.meter_id = f.meter_id
      and kept."interval" = s.unit and kept.window_start = w.window_start and kept.period_start = u.period_start
  ) c on a.capped and f.meter_id is not null;

  granted := jsonb_build_object(
    'customer_id', customer.id,
    'external_id', customer.external_id,
    'version', coalesce(customer.entitlements_version, 0),
    'unsynced_since', customer.unsynced_since,
    'known', customer.id is not null or default_version is not null,
    'default_version', default_version,
    -- What every transaction below it did is in here.
    'as_of', pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
    'changes_at', changes,
    'spend_caps', app.spend_caps(for_environment, customer.id, at),
    'features', granted);
  return case
    when customer.has_credits then app.with_credits(for_environment, customer.id, granted, at)
    when first_credits is not null then jsonb_set(
      app.with_credits(for_environment, null, granted, at), '{credits,balance}', to_jsonb(first_credits))
    else granted end;
end $$;

revoke execute on function app.entitlement_snapshot from public;
grant execute on function app.entitlement_snapshot to billingos_api;
