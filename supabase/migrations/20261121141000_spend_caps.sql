-- Spend caps: at most so much money for metered use in a billing period, of a plan's subscribers or of one customer.

set local lock_timeout = '5s';

alter table plan_versions
  add column spend_cap_amount bigint check (spend_cap_amount >= 0),
  add column spend_cap_currency text check (spend_cap_currency ~ '^[a-z]{3}$'),
  add check ((spend_cap_amount is null) = (spend_cap_currency is null));
comment on column plan_versions.spend_cap_amount is 'The most that metered use of a subscription may cost in a billing period, in minor units; a customer may have another. Null: no end.';

create table customer_spend_caps (
  environment_id text not null references environments (id),
  customer_id text not null,
  amount bigint check (amount >= 0),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  updated_at timestamptz not null,
  primary key (environment_id, customer_id),
  foreign key (environment_id, customer_id) references customers (environment_id, id)
);
comment on table customer_spend_caps is 'Spend caps of single customers, in place of their plans''.';
comment on column customer_spend_caps.amount is 'Minor units, for each of their subscriptions and billing period. Null: no end, whatever the plan says.';

create table spend_cap_alerts (
  environment_id text not null references environments (id),
  subscription_id text not null,
  period_start timestamptz not null,
  percent int not null check (percent in (80, 100)),
  raised_at timestamptz not null,
  primary key (environment_id, subscription_id, period_start, percent),
  foreign key (environment_id, subscription_id) references subscriptions (environment_id, id)
);
comment on table spend_cap_alerts is 'Which shares of a spend cap were told of: once in a billing period.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['customer_spend_caps', 'spend_cap_alerts'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert, update on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
grant delete on customer_spend_caps to billingos_api;
