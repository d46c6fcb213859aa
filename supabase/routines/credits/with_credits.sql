-- What a check needs to know of a customer's credits, added to a snapshot: the balance, when it changes by time, and of each
-- feature that credits pay for, its cost, what they paid for in this period, and what of its use they did not. From these
-- and from what was used since, the balance of any moment follows, so that a burn has no cache to tell.
create or replace function app.with_credits(for_environment text, for_customer text, snapshot jsonb, at timestamptz)
returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  balance numeric;
  changes_at timestamptz;
  priced jsonb;
begin
  select coalesce(sum(g.remaining) filter (where g.effective_at <= at and (g.expires_at is null or g.expires_at > at)), 0),
         least(min(g.expires_at) filter (where g.expires_at > at), min(g.effective_at) filter (where g.effective_at > at))
  into balance, changes_at
  from public.credit_grants g
  where g.environment_id = for_environment and g.customer_id = for_customer and g.remaining > 0;

  -- A reset that is due is done by whoever moves the pool next; reading says already what it will grant and carry over.
  select balance + coalesce(sum(a.quantity + case when a.rollover_max is null then 0 else
           least(a.rollover_max, coalesce(l.ended, 0) + coalesce(l.living, 0)) - coalesce(l.living, 0) end)
           filter (where a.next_reset_at <= at), 0),
         least(changes_at, min(a.next_reset_at) filter (where a.next_reset_at > at))
  into balance, changes_at
  from public.credit_allowances a
  left join lateral (
    select sum(g.remaining) filter (where g.source <> 'rollover' and g.expires_at = a.next_reset_at) as ended,
           sum(g.remaining) filter (where g.source = 'rollover' and g.expires_at > at) as living
    from public.credit_grants g
    where g.environment_id = for_environment and g.allowance_id = a.id and g.remaining > 0
  ) l on true
  where a.environment_id = for_environment and a.customer_id = for_customer and a.ended_at is null;

  select jsonb_object_agg(s.key, s.value || jsonb_build_object(
           'credit_cost', f.credit_cost,
           'credit_units', coalesce(d.units, 0),
           'uncovered', greatest(0, (s.value ->> 'used')::numeric
             + coalesce((s.value #>> '{carried,quantity}')::numeric, 0) - coalesce(d.units, 0)
             - (s.value ->> 'limit')::numeric)))
  into priced
  from jsonb_each(snapshot -> 'features') s
  join public.features f on f.environment_id = for_environment and f.key = s.key and f.credit_cost is not null
  left join public.credit_draws d
    on d.environment_id = for_environment and d.customer_id = for_customer and d.meter_id = f.meter_id
    and d.period_start = (s.value ->> 'period_start')::timestamptz
  where s.value -> 'limit' <> 'null'::jsonb;

  return jsonb_set(snapshot, '{features}', (snapshot -> 'features') || coalesce(priced, '{}'::jsonb))
    || jsonb_build_object(
         'credits', jsonb_build_object('balance', balance),
         'changes_at', least((snapshot ->> 'changes_at')::timestamptz, changes_at));
end $$;

revoke execute on function app.with_credits from public;
