-- After the default plan was set, or a version of it published: goes through the customers whose credits of it are not what
-- they should be, so many at a time, and notes when all are. Says how many there were.
create or replace function app.spread_default_credits(at timestamptz, max_rows int) returns int
language plpgsql security definer set search_path = ''
as $$
declare
  changed record;
  found_ids text[];
  one text;
  done int := 0;
begin
  for changed in
    select e.id, d.* from public.environments e
    left join lateral app.default_credits(e.id) d on true
    where d.plan_version_id is distinct from e.default_credits_of
    order by e.id
  loop
    select array_agg(c.id order by c.id) into found_ids
    from (
      select c.id from public.customers c
      left join public.credit_allowances a
        on a.environment_id = c.environment_id and a.customer_id = c.id and a.subscription_id is null
      where c.environment_id = changed.id
        and case when changed.quantity is null then a.id is not null and a.ended_at is null
            else (a.id is null or a.ended_at is not null
                  or (a.quantity, a."interval", a.interval_count, a.rollover_max, a.rollover_periods)
                     is distinct from (changed.quantity, changed."interval", changed.interval_count,
                                       changed.rollover_max, changed.rollover_periods))
              and not exists (
                select from public.subscriptions s
                where s.environment_id = c.environment_id and s.customer_id = c.id and s."group" = changed."group"
                  and s.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused'))
            end
      order by c.id limit greatest(1, max_rows - done)
    ) c;
    foreach one in array coalesce(found_ids, '{}') loop
      perform app.follow_default_credits(changed.id, one, at);
    end loop;
    done := done + coalesce(cardinality(found_ids), 0);
    if done >= max_rows then
      return done;
    end if;
    update public.environments e set default_credits_of = changed.plan_version_id where e.id = changed.id;
  end loop;
  return done;
end $$;

revoke execute on function app.spread_default_credits from public;
grant execute on function app.spread_default_credits to billingos_api;
