-- The newest published version of an environment's default plan, and what it grants in credits: null where it grants none.
-- No row: there is no default plan.
create or replace function app.default_credits(for_environment text)
returns table (
  plan_version_id text, "group" text, quantity numeric, "interval" text, interval_count int, rollover_max numeric,
  rollover_periods int
)
language sql stable set search_path = ''
as $$
  select v.id, p."group", c.quantity, c."interval", c.interval_count, c.rollover_max, c.rollover_periods
  from public.environments e
  join public.plans p on p.environment_id = e.id and p.id = e.default_plan_id
  join lateral (
    select pv.id from public.plan_versions pv
    where pv.environment_id = e.id and pv.plan_id = p.id and pv.published_at is not null
    order by pv.number desc limit 1
  ) v on true
  left join public.plan_credits c on c.environment_id = e.id and c.plan_version_id = v.id
  where e.id = for_environment
$$;

revoke execute on function app.default_credits from public;
