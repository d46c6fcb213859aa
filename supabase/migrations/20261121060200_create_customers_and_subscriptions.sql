-- Who buys, what they bought, and what they may do because of it.

set local lock_timeout = '5s';

create table customers (
  environment_id text not null references environments (id),
  id text not null,
  external_id text check (length(external_id) between 1 and 255),
  name text check (length(name) <= 200),
  email text check (length(email) <= 320),
  metadata jsonb not null default '{}',
  stripe_customer_id text,
  entitlements_version bigint not null default 0,
  stripe_sequence bigint not null default 0,
  unsynced_since timestamptz,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, external_id)
);
comment on table customers is 'The merchant''s customers.';
comment on column customers.external_id is 'The merchant''s own user id. Set once; it names the customer''s cached entitlements.';
comment on column customers.entitlements_version is 'Grows with every change of what the customer may do. A cached snapshot with a lower one is never written over a higher one.';
comment on column customers.stripe_sequence is 'Grows with every state taken over from Stripe: a writer whose read is older starts again.';
comment on column customers.unsynced_since is 'Stripe may know more about this customer than we do (a checkout is open, an answer is missing).';
create unique index customers_by_stripe_customer on customers (environment_id, stripe_customer_id)
  where stripe_customer_id is not null;

create table subscriptions (
  environment_id text not null references environments (id),
  id text not null,
  customer_id text not null,
  plan_id text not null,
  plan_version_id text not null,
  "group" text not null,
  status text not null check (status in
    ('incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled')),
  stripe_subscription_id text not null,
  duplicate_of text,
  billing_anchor timestamptz not null,
  current_period_start timestamptz not null,
  current_period_end timestamptz not null,
  cancel_at timestamptz,
  canceled_at timestamptz,
  ended_at timestamptz,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, stripe_subscription_id),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, plan_id) references plans (environment_id, id),
  foreign key (environment_id, plan_version_id) references plan_versions (environment_id, id),
  foreign key (environment_id, duplicate_of) references subscriptions (environment_id, id),
  check (current_period_end > current_period_start)
);
comment on table subscriptions is 'A customer on a plan version. Stripe''s state, taken over.';
comment on column subscriptions.duplicate_of is 'A second paid subscription in the same group, found on Stripe: recorded, never granted twice.';
comment on column subscriptions.ended_at is 'When access ended; canceled_at is when the decision was made.';
create unique index subscriptions_one_running_per_group on subscriptions (environment_id, customer_id, "group")
  where status in ('trialing', 'active', 'past_due', 'unpaid', 'paused') and duplicate_of is null;
create index subscriptions_by_customer on subscriptions (environment_id, customer_id);

create table subscription_items (
  environment_id text not null references environments (id),
  id text not null,
  subscription_id text not null,
  price_id text not null,
  quantity int not null check (quantity >= 0),
  stripe_subscription_item_id text not null,
  primary key (environment_id, id),
  unique (environment_id, stripe_subscription_item_id),
  foreign key (environment_id, subscription_id) references subscriptions (environment_id, id),
  foreign key (environment_id, price_id) references prices (environment_id, id)
);
comment on table subscription_items is 'The prices of a subscription with their quantities.';
create index subscription_items_by_subscription on subscription_items (environment_id, subscription_id);

create table entitlements (
  environment_id text not null references environments (id),
  id text not null,
  customer_id text not null,
  feature_id text not null,
  subscription_id text not null,
  "limit" numeric,
  overage text check (overage in ('block', 'allow')),
  value text,
  rank int not null,
  suspended boolean not null,
  billing_anchor timestamptz not null,
  interval text not null check (interval in ('day', 'week', 'month', 'year')),
  interval_count int not null,
  granted_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, customer_id, feature_id, subscription_id),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, feature_id) references features (environment_id, id),
  foreign key (environment_id, subscription_id) references subscriptions (environment_id, id)
);
comment on table entitlements is 'Grants: what a running subscription lets its customer do. Written in the transaction of the state they follow.';
comment on column entitlements.suspended is 'Granted but withheld while payment is outstanding beyond the grace policy.';
comment on column entitlements.billing_anchor is 'With interval and interval_count: where the periods of a metered feature begin.';
