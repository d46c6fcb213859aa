-- Every way to charge: price models, prices of one customer, add-ons, drafts of plan versions, trials, coupons.

set local lock_timeout = '5s';

alter table plans
  add column type text not null default 'base' check (type in ('base', 'add_on')),
  add column archived_at timestamptz;
comment on column plans.type is 'base: what a customer is on, one per group. add_on: sold on top of a base plan.';
comment on column plans.archived_at is 'Not sold any more; whoever is on it stays.';

alter table plan_versions
  alter column published_at drop not null,
  add column created_at timestamptz,
  add column trial_days int check (trial_days between 1 and 730),
  add column trial_requires_card boolean not null default true,
  add column trial_end text not null default 'cancel' check (trial_end in ('cancel', 'pause'));
update plan_versions set created_at = published_at;
alter table plan_versions alter column created_at set not null;
comment on column plan_versions.published_at is 'Null: a draft, which can still be changed. Once published never.';
comment on column plan_versions.trial_end is 'What happens when a trial ends and there is no payment method.';
create unique index plan_versions_one_draft on plan_versions (environment_id, plan_id) where published_at is null;

alter table features add column stripe_feature_id text;

alter table prices
  drop constraint prices_type_check,
  drop constraint prices_environment_id_plan_version_id_currency_interval_int_key,
  alter column amount drop not null,
  add column unit_amount numeric check (unit_amount >= 0),
  add column package_size numeric check (package_size > 0),
  add column included_units numeric not null default 0 check (included_units >= 0),
  add column tiers jsonb,
  add column feature_id text,
  add column customer_id text,
  add column replaces text,
  add column archived_at timestamptz,
  add foreign key (environment_id, feature_id) references features (environment_id, id),
  add foreign key (environment_id, customer_id) references customers (environment_id, id),
  add foreign key (environment_id, replaces) references prices (environment_id, id),
  add check (type in ('flat', 'per_seat', 'per_unit', 'package', 'graduated', 'volume')),
  add check ((type in ('flat', 'per_seat')) = (amount is not null)),
  add check ((type in ('per_unit', 'package')) = (unit_amount is not null)),
  add check ((type = 'package') = (package_size is not null)),
  add check ((type in ('graduated', 'volume')) = (tiers is not null)),
  add check (type <> 'per_unit' or feature_id is not null),
  add check (type not in ('flat', 'per_seat') or feature_id is null),
  add check ((customer_id is null) = (replaces is null));
comment on table prices is 'What a plan version costs: one or several prices make up an offer, those of the same currency and interval.';
comment on column prices.amount is 'Of a flat or per-seat price: integer minor units, for a period or for a seat and period.';
comment on column prices.unit_amount is 'Of a per-unit price for one unit, of a package price for a package; in minor units, exact decimal.';
comment on column prices.tiers is 'Of a graduated or volume price: [{up_to, unit_amount, flat_amount}] in ascending order; up_to is inclusive, null in the last.';
comment on column prices.feature_id is 'The metered feature whose use is charged, in arrears. Null: charged in advance, by seats or flat.';
comment on column prices.customer_id is 'A price for one customer, who gets it instead of the price it replaces.';
create unique index prices_one_per_purpose on prices (
  environment_id, plan_version_id, customer_id, currency, interval, interval_count, feature_id,
  (case when type = 'flat' then 'flat' when feature_id is null then 'seats' else 'usage' end)
) nulls not distinct where archived_at is null;

create table coupons (
  environment_id text not null references environments (id),
  id text not null,
  key text not null check (key ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'),
  name text not null check (length(name) between 1 and 40),
  percent_off numeric check (percent_off > 0 and percent_off <= 100),
  amount_off bigint check (amount_off > 0),
  currency text check (currency ~ '^[a-z]{3}$'),
  duration text not null check (duration in ('once', 'repeating', 'forever')),
  duration_months int check (duration_months between 1 and 36),
  redemptions_max int check (redemptions_max > 0),
  redeem_by timestamptz,
  archived_at timestamptz,
  stripe_coupon_id text,
  created_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, key),
  check ((percent_off is null) <> (amount_off is null)),
  check ((amount_off is null) = (currency is null)),
  check ((duration = 'repeating') = (duration_months is not null))
);
comment on table coupons is 'Discounts that a subscription can carry. The key is what people type.';

create table trials (
  environment_id text not null references environments (id),
  customer_id text not null,
  "group" text not null,
  stripe_subscription_id text,
  started_at timestamptz not null,
  primary key (environment_id, customer_id, "group"),
  foreign key (environment_id, customer_id) references customers (environment_id, id)
);
comment on table trials is 'Who had a trial in which group of plans: one each, whatever became of it.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['coupons', 'trials'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert, update on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
-- A draft is replaced whole.
grant delete on prices, plan_features to billingos_api;
