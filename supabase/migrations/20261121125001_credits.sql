-- Credits: one pool per customer, of grants that a ledger of immutable entries moves. Whoever moves a pool locks its row
-- in credit_pools first and before any usage key or total, so that credits are burned once, in order, and never below 0.

set local lock_timeout = '5s';

alter table features add column credit_cost numeric check (credit_cost > 0);
comment on column features.credit_cost is 'What one unit beyond the direct limit costs of the credit pool. Null: credits do not pay for it.';
create unique index features_one_credit_cost on features (environment_id, meter_id) where credit_cost is not null;

alter table customers add column has_credits boolean not null default false;
comment on column customers.has_credits is 'Whether there is a credit pool. Whoever has none costs checks and usage nothing.';

create table credit_pools (
  environment_id text not null references environments (id),
  customer_id text not null,
  low_at numeric check (low_at >= 0),
  created_at timestamptz not null,
  primary key (environment_id, customer_id),
  foreign key (environment_id, customer_id) references customers (environment_id, id)
);
comment on table credit_pools is 'One row per customer with credits: the lock of whoever moves them, and the settings.';
comment on column credit_pools.low_at is 'An alert is raised when a burn takes the balance below it.';

create table credit_allowances (
  environment_id text not null references environments (id),
  id text not null,
  customer_id text not null,
  subscription_id text not null,
  slot text not null,
  source text not null check (source in ('plan', 'add_on')),
  quantity numeric not null check (quantity > 0),
  "interval" text not null check ("interval" in ('day', 'week', 'month', 'year')),
  interval_count int not null check (interval_count > 0),
  anchor timestamptz not null,
  rollover_max numeric check (rollover_max > 0),
  rollover_periods int check (rollover_periods > 0),
  period_start timestamptz not null,
  next_reset_at timestamptz not null,
  granted numeric not null check (granted >= 0),
  ended_at timestamptz,
  created_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, subscription_id, slot),
  foreign key (environment_id, customer_id) references credit_pools (environment_id, customer_id),
  foreign key (environment_id, subscription_id) references subscriptions (environment_id, id),
  check ((rollover_max is null) = (rollover_periods is null))
);
comment on table credit_allowances is 'What a subscription grants anew each interval, whatever the interval it is paid in.';
comment on column credit_allowances.slot is 'plan, or the id of an add-on: a change of plan changes the allowance, and does not begin another.';
comment on column credit_allowances.granted is 'Of the current period, so that going back and forth between plans grants it once.';
create index credit_allowances_by_customer on credit_allowances (environment_id, customer_id);
create index credit_allowances_due on credit_allowances (next_reset_at) where ended_at is null;

create table credit_grants (
  environment_id text not null references environments (id),
  id text not null,
  customer_id text not null,
  source text not null check (source in ('plan', 'add_on', 'top_up', 'manual', 'rollover')),
  source_id text,
  allowance_id text,
  quantity numeric not null check (quantity > 0),
  remaining numeric not null check (remaining between 0 and quantity),
  priority int not null default 50 check (priority between 0 and 100),
  "interval" text check ("interval" in ('day', 'week', 'month', 'year')),
  interval_count int check (interval_count > 0),
  effective_at timestamptz not null,
  expires_at timestamptz check (expires_at > effective_at),
  reason text check (length(reason) <= 500),
  voided_at timestamptz,
  created_at timestamptz not null,
  primary key (environment_id, id),
  foreign key (environment_id, customer_id) references credit_pools (environment_id, customer_id),
  foreign key (environment_id, allowance_id) references credit_allowances (environment_id, id)
);
comment on table credit_grants is 'Credits that were given to a customer. remaining is the sum of the grant''s entries.';
comment on column credit_grants.source_id is 'What it was given for; the same thing gives once.';
create unique index credit_grants_once on credit_grants (environment_id, source, source_id) where source_id is not null;
create index credit_grants_by_customer on credit_grants (environment_id, customer_id, id);
create index credit_grants_left on credit_grants (environment_id, customer_id) where remaining > 0;
create index credit_grants_expiring on credit_grants (expires_at) where remaining > 0;

create table credit_entries (
  environment_id text not null references environments (id),
  id text not null,
  customer_id text not null,
  grant_id text not null,
  kind text not null check (kind in ('grant', 'burn', 'expire', 'rollover', 'void', 'unvoid', 'refund')),
  quantity numeric not null check (quantity <> 0),
  meter_id text,
  period_start timestamptz,
  occurred_at timestamptz not null,
  primary key (environment_id, id),
  foreign key (environment_id, grant_id) references credit_grants (environment_id, id),
  foreign key (environment_id, customer_id) references credit_pools (environment_id, customer_id),
  foreign key (environment_id, meter_id) references meters (environment_id, id)
);
comment on table credit_entries is 'Every movement of credits, signed, written once and never changed. Their sum is the balance.';
create index credit_entries_by_customer on credit_entries (environment_id, customer_id, id);
create index credit_entries_by_grant on credit_entries (environment_id, grant_id, id);

create table credit_draws (
  environment_id text not null references environments (id),
  customer_id text not null,
  meter_id text not null,
  period_start timestamptz not null,
  units numeric not null check (units >= 0),
  primary key (environment_id, customer_id, meter_id, period_start),
  foreign key (environment_id, customer_id) references credit_pools (environment_id, customer_id),
  foreign key (environment_id, meter_id) references meters (environment_id, id)
);
comment on table credit_draws is 'How many units of a meter and period credits have paid for: those take nothing of the direct limit.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array[
    'credit_pools', 'credit_allowances', 'credit_grants', 'credit_entries', 'credit_draws'
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
grant insert, update on credit_pools, credit_grants, credit_allowances to billingos_api;
grant insert on credit_entries to billingos_api;

-- Parts of the functions below, with their rights ------------------------------------------------------------------------

create function app.credit_entry_id() returns text
language sql volatile set search_path = ''
as $$ select 'cent_' || replace(uuidv7()::text, '-', '') $$;

-- Takes what is left of a grant, or a part of it, and writes why.
create function app.move_credits(
  for_environment text, for_grant text, why text, moved numeric, at timestamptz, for_meter text, for_period timestamptz
) returns void
language sql set search_path = ''
as $$
  with changed as (
    update public.credit_grants g set remaining = g.remaining + moved
    where g.environment_id = for_environment and g.id = for_grant and moved <> 0
    returning g.customer_id
  )
  insert into public.credit_entries
    (environment_id, id, customer_id, grant_id, kind, quantity, meter_id, period_start, occurred_at)
  select for_environment, app.credit_entry_id(), c.customer_id, for_grant, why, moved, for_meter, for_period, at
  from changed c
$$;

create function app.give_credits(
  for_environment text, for_customer text, from_source text, allowance public.credit_allowances, amount numeric,
  from_time timestamptz, until timestamptz
) returns void
language plpgsql set search_path = ''
as $$
declare
  new_id text := 'cgr_' || replace(uuidv7()::text, '-', '');
begin
  insert into public.credit_grants
    (environment_id, id, customer_id, source, allowance_id, quantity, remaining, "interval", interval_count, effective_at,
     expires_at, created_at)
  values (for_environment, new_id, for_customer, from_source, allowance.id, amount, 0, allowance."interval",
          allowance.interval_count, from_time, until, from_time);
  perform app.move_credits(
    for_environment, new_id, case from_source when 'rollover' then 'rollover' else 'grant' end, amount, from_time, null,
    null);
end $$;

-- When the given number of an allowance's periods from `start` is over.
create function app.credit_periods_end(allowance public.credit_allowances, start timestamptz, periods int)
returns timestamptz
language plpgsql immutable set search_path = ''
as $$
declare
  until timestamptz := start;
begin
  for i in 1 .. periods loop
    until := (app.period_at(allowance.anchor, allowance."interval", allowance.interval_count, until)).period_end;
  end loop;
  return until;
end $$;

-- Does what is due by a time, boundary by boundary, whenever anybody comes to do it: what has expired is written off, and
-- an allowance whose period is over carries over what it may and grants the next period. Whoever calls has locked the pool.
-- Says whether anything moved.
create function app.settle_credits(for_environment text, for_customer text, at timestamptz) returns boolean
language plpgsql set search_path = ''
as $$
declare
  due public.credit_allowances;
  boundary timestamptz;
  following timestamptz;
  ended record;
  carried numeric;
  kept numeric;
  moved boolean := false;
begin
  loop
    select * into due from public.credit_allowances a
    where a.environment_id = for_environment and a.customer_id = for_customer and a.ended_at is null
      and a.next_reset_at <= at
    order by a.next_reset_at, a.id limit 1;
    boundary := coalesce(due.next_reset_at, at);

    -- What the allowance itself gave for the period that ends here may be carried over, and comes below.
    for ended in
      select g.id, g.remaining, g.expires_at from public.credit_grants g
      where g.environment_id = for_environment and g.customer_id = for_customer and g.remaining > 0
        and g.expires_at <= boundary
        and not (g.source <> 'rollover' and g.allowance_id is not distinct from due.id and g.expires_at = boundary
                 and due.id is not null)
      order by g.expires_at, g.id
    loop
      perform app.move_credits(for_environment, ended.id, 'expire', -ended.remaining, ended.expires_at, null, null);
      moved := true;
    end loop;
    exit when due.id is null;

    moved := true;
    following := (app.period_at(due.anchor, due."interval", due.interval_count, boundary)).period_end;
    -- Once per boundary, whoever else is at it.
    update public.credit_allowances a
    set period_start = boundary, next_reset_at = following, granted = a.quantity
    where a.environment_id = for_environment and a.id = due.id and a.next_reset_at = boundary;
    continue when not found;

    select greatest(0, coalesce(due.rollover_max, 0) - coalesce(sum(g.remaining), 0)) into carried
    from public.credit_grants g
    where g.environment_id = for_environment and g.allowance_id = due.id and g.source = 'rollover' and g.remaining > 0
      and g.expires_at > boundary;
    kept := carried;
    for ended in
      select g.id, g.remaining from public.credit_grants g
      where g.environment_id = for_environment and g.allowance_id = due.id and g.source <> 'rollover' and g.remaining > 0
        and g.expires_at = boundary
      order by g.id
    loop
      perform app.move_credits(
        for_environment, ended.id, 'rollover', -least(kept, ended.remaining), boundary, null, null);
      perform app.move_credits(
        for_environment, ended.id, 'expire', -greatest(0, ended.remaining - kept), boundary, null, null);
      kept := kept - least(kept, ended.remaining);
    end loop;
    if carried > kept then
      perform app.give_credits(for_environment, for_customer, 'rollover', due, carried - kept, boundary,
        app.credit_periods_end(due, boundary, due.rollover_periods));
    end if;
    perform app.give_credits(for_environment, for_customer, due.source, due, due.quantity, boundary, following);
  end loop;
  return moved;
end $$;

-- Locks a pool, and does what is due. False: there is none.
create function app.lock_credits(for_environment text, for_customer text, at timestamptz) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  perform from public.credit_pools p
  where p.environment_id = for_environment and p.customer_id = for_customer for update;
  if not found then
    return false;
  end if;
  perform app.settle_credits(for_environment, for_customer, at);
  return true;
end $$;

-- Pays for units, as far as the pool goes, in the order in which credits are burned: lowest priority number, rollovers
-- before all else, the shortest interval, the soonest to expire, and what never expires last. Says how many were paid.
create function app.burn_credits(
  for_environment text, for_customer text, for_meter text, for_period timestamptz, units numeric, cost numeric,
  at timestamptz
) returns numeric
language plpgsql set search_path = ''
as $$
declare
  paid numeric;
  owed numeric;
  next_grant record;
begin
  select least(units, div(coalesce(sum(g.remaining), 0) * 1000000000000, cost) / 1000000000000) into paid
  from public.credit_grants g
  where g.environment_id = for_environment and g.customer_id = for_customer and g.remaining > 0
    and g.effective_at <= at and (g.expires_at is null or g.expires_at > at);
  if paid = 0 then
    return 0;
  end if;
  owed := paid * cost;
  for next_grant in
    select g.id, g.remaining from public.credit_grants g
    where g.environment_id = for_environment and g.customer_id = for_customer and g.remaining > 0
      and g.effective_at <= at and (g.expires_at is null or g.expires_at > at)
    order by g.priority, (g.source = 'rollover') desc,
      case when g.source <> 'rollover' then
        g.interval_count * case g."interval" when 'day' then 1 when 'week' then 7 when 'month' then 30 else 365 end end
        nulls last,
      g.expires_at nulls last, g.id
  loop
    perform app.move_credits(
      for_environment, next_grant.id, 'burn', -least(owed, next_grant.remaining), at, for_meter, for_period);
    owed := owed - least(owed, next_grant.remaining);
    exit when owed = 0;
  end loop;
  insert into public.credit_draws (environment_id, customer_id, meter_id, period_start, units)
  values (for_environment, for_customer, for_meter, for_period, paid)
  on conflict on constraint credit_draws_pkey do update set units = credit_draws.units + excluded.units;
  return paid;
end $$;

-- Pools with something due: of all environments, for the sweep.
create function app.due_credit_pools(at timestamptz, max_rows int)
returns table (environment_id text, customer_id text)
language sql stable security definer set search_path = ''
as $$
  (select a.environment_id, a.customer_id from public.credit_allowances a
   where a.ended_at is null and a.next_reset_at <= at order by a.next_reset_at limit max_rows)
  union
  (select g.environment_id, g.customer_id from public.credit_grants g
   where g.remaining > 0 and g.expires_at <= at order by g.expires_at limit max_rows)
$$;

-- Gives a customer a pool, unless there is one.
create function app.open_credit_pool(for_environment text, for_customer text, at timestamptz) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.credit_pools (environment_id, customer_id, created_at)
  values (for_environment, for_customer, at)
  on conflict on constraint credit_pools_pkey do nothing;
  if found then
    update public.customers c set has_credits = true
    where c.environment_id = for_environment and c.id = for_customer;
  end if;
end $$;

revoke execute on all functions in schema app from public;
grant execute on function
  app.credit_entry_id(),
  app.move_credits(text, text, text, numeric, timestamptz, text, timestamptz),
  app.open_credit_pool(text, text, timestamptz),
  app.lock_credits(text, text, timestamptz),
  app.due_credit_pools(timestamptz, int)
  to billingos_api;
