-- The period that contains `at`, of those that begin at `anchor` and last `every` units. Counted from the anchor each
-- time, so that an anchor on the 31st comes back to the 31st after a shorter month. In UTC, as Stripe does.
create or replace function app.period_at(
  anchor timestamptz, unit text, every int, at timestamptz, out period_start timestamptz, out period_end timestamptz
)
language sql immutable parallel safe
as $$
  select p.period_start, p.period_end from app.period_around(anchor, unit, every, at) p
$$;

revoke execute on function app.period_at from public;
grant execute on function app.period_at to billingos_api;
