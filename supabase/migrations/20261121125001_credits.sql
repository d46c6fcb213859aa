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
