-- What a merchant grants or denies one customer by hand, caps on use within an hour or a day, and a reason of its own for
-- what a pause withholds.

set local lock_timeout = '5s';

create table entitlement_overrides (
  environment_id text not null references environments (id),
  id text not null,
  customer_id text not null,
  feature_id text not null,
  mode text not null check (mode in ('replace', 'add')),
  granted boolean not null,
  "limit" numeric check ("limit" >= 0),
  overage text check (overage in ('block', 'allow')),
  value text check (length(value) <= 500),
  caps jsonb,
  reason text not null check (length(reason) between 1 and 500),
  expires_at timestamptz,
  created_at timestamptz not null,
  removed_at timestamptz,
  primary key (environment_id, id),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, feature_id) references features (environment_id, id),
  check (granted or mode = 'replace')
);
comment on table entitlement_overrides is 'What a customer may do because somebody decided so, in place of what is sold to them or on top of it. Removed ones are kept.';
comment on column entitlement_overrides.granted is 'False: denied, whatever the plans say.';
comment on column entitlement_overrides."limit" is 'Of a metered feature, per period. Null is unlimited, 0 is none.';
comment on column entitlement_overrides.expires_at is 'From then on it says nothing any more.';
create unique index entitlement_overrides_one_replaces on entitlement_overrides (environment_id, customer_id, feature_id)
  where mode = 'replace' and removed_at is null;
create index entitlement_overrides_in_force on entitlement_overrides (environment_id, customer_id) where removed_at is null;

-- Where a cap's window begins on the total of its meter: use within the window is the total less this. So nothing is
-- counted twice, and recording use costs what it did.
create table usage_windows (
  environment_id text not null references environments (id),
  customer_id text not null,
  meter_id text not null,
  "interval" text not null check ("interval" in ('minute', 'hour', 'day', 'week', 'month')),
  window_start timestamptz not null,
  period_start timestamptz not null,
  base numeric not null,
  primary key (environment_id, customer_id, meter_id, "interval"),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, meter_id) references meters (environment_id, id)
);
comment on table usage_windows is 'Of the window of a usage cap that was looked at last, what the total of the billing period was when it began. A copy: it can be made anew from the events.';
comment on column usage_windows.base is 'Negative when the billing period began within the window: what was used in it before.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['entitlement_overrides', 'usage_windows'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
  end loop;
end $$;
grant select, insert, update on entitlement_overrides to billingos_api;
grant select on usage_windows to billingos_api;

alter table plan_features add column caps jsonb;
comment on column plan_features.caps is 'Of a metered feature: [{interval, quantity}], at most so much within each minute, hour, day, week or month in UTC, also where overage is allowed.';
alter table entitlements add column caps jsonb, add column paused boolean not null default false;
comment on column entitlements.caps is 'As plan_features.caps, of plan and add-ons together.';
comment on column entitlements.paused is 'Of what is suspended: because the subscription is paused, not because of money.';
