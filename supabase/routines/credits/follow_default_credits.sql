-- Makes the credits that a customer has of the default plan follow from how things stand: granted anew each interval from
-- when the customer was made, as long as no subscription of the plan's group runs. Like a subscription's: more is added at
-- once and once, less holds from the next period on, and what is left ends when a subscription begins.
create or replace function app.follow_default_credits(for_environment text, for_customer text, at timestamptz)
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  terms record;
  known public.credit_allowances;
  wanted boolean;
  is_right boolean;
  is_over boolean;
  missing numeric;
  started timestamptz;
  period record;
  ended record;
begin
  select * into terms from app.default_credits(for_environment);
  wanted := terms.quantity is not null and not exists (
    select from public.subscriptions s
    where s.environment_id = for_environment and s.customer_id = for_customer and s."group" = terms."group"
      and s.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused'));
  select * into known from public.credit_allowances a
  where a.environment_id = for_environment and a.customer_id = for_customer and a.subscription_id is null;
  -- Most often all is as it should be.
  is_right := case
    when not wanted then known.id is null or known.ended_at is not null
    else known.ended_at is null and known.next_reset_at > at
      and (known.quantity, known."interval", known.interval_count, known.rollover_max, known.rollover_periods)
          is not distinct from
          (terms.quantity, terms."interval", terms.interval_count, terms.rollover_max, terms.rollover_periods)
  end;
  if is_right then
    return;
  end if;

  perform app.open_credit_pool(for_environment, for_customer, at);
  perform app.lock_credits(for_environment, for_customer, at);
  select * into known from public.credit_allowances a
  where a.environment_id = for_environment and a.customer_id = for_customer and a.subscription_id is null;
  if not wanted then
    update public.credit_allowances a set ended_at = at
    where a.environment_id = for_environment and a.id = known.id and a.ended_at is null;
    for ended in
      select g.id, g.remaining from public.credit_grants g
      where g.environment_id = for_environment and g.allowance_id = known.id and g.remaining > 0
      order by g.id
    loop
      perform app.move_credits(for_environment, ended.id, 'void', -ended.remaining, at, null, null);
      update public.credit_grants g set voided_at = at where g.environment_id = for_environment and g.id = ended.id;
    end loop;
  else
    select c.created_at into started from public.customers c where c.environment_id = for_environment and c.id = for_customer;
    is_over := known.id is null or known.next_reset_at <= at;
    select * into period from app.period_at(started, terms."interval", terms.interval_count, at);
    missing := terms.quantity - case when is_over then 0 else known.granted end;
    if known.id is null then
      insert into public.credit_allowances
        (environment_id, id, customer_id, slot, source, quantity, "interval", interval_count, anchor, rollover_max,
         rollover_periods, period_start, next_reset_at, granted, created_at)
      values (for_environment, 'cal_' || app.time_sorted_uuid(), for_customer, 'default', 'plan', terms.quantity,
              terms."interval", terms.interval_count, started, terms.rollover_max, terms.rollover_periods,
              period.period_start, period.period_end, terms.quantity, at)
      returning * into known;
    else
      update public.credit_allowances a
      set quantity = terms.quantity, "interval" = terms."interval", interval_count = terms.interval_count,
          rollover_max = terms.rollover_max, rollover_periods = terms.rollover_periods,
          period_start = case when is_over then period.period_start else a.period_start end,
          next_reset_at = case when is_over then period.period_end else a.next_reset_at end,
          granted = case when missing > 0 then terms.quantity else a.granted end, ended_at = null
      where a.environment_id = for_environment and a.id = known.id
      returning * into known;
    end if;
    if missing > 0 then
      perform app.give_credits(for_environment, for_customer, 'plan', known, missing, at, known.next_reset_at);
    end if;
  end if;
  update public.customers c set entitlements_version = c.entitlements_version + 1
  where c.environment_id = for_environment and c.id = for_customer;
end $$;

revoke execute on function app.follow_default_credits from public;
grant execute on function app.follow_default_credits to billingos_api;
