-- What a merchant sells: meters, features, plans with immutable versions, and their prices.

set local lock_timeout = '5s';

create table meters (
  environment_id text not null references environments (id),
  id text not null,
  key text not null check (key ~ '^[a-z0-9][a-z0-9_.-]{0,63}$'),
  name text not null check (length(name) between 1 and 100),
  aggregation text not null check (aggregation in ('count', 'sum')),
  stripe_meter_id text,
  created_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, key)
);
comment on table meters is 'How usage events are added up.';

create table features (
  environment_id text not null references environments (id),
  id text not null,
  key text not null check (key ~ '^[a-z0-9][a-z0-9_.-]{0,63}$'),
  name text not null check (length(name) between 1 and 100),
  type text not null check (type in ('boolean', 'metered', 'config')),
  meter_id text,
  created_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, key),
  foreign key (environment_id, meter_id) references meters (environment_id, id),
  check ((type = 'metered') = (meter_id is not null))
);
comment on table features is 'What can be gated.';
create index features_by_meter on features (environment_id, meter_id);

create table plans (
  environment_id text not null references environments (id),
  id text not null,
  key text not null check (key ~ '^[a-z0-9][a-z0-9_.-]{0,63}$'),
  name text not null check (length(name) between 1 and 100),
  description text check (length(description) <= 500),
  "group" text not null check ("group" ~ '^[a-z0-9][a-z0-9_.-]{0,63}$'),
  rank int not null,
  stripe_product_id text,
  created_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, key)
);
comment on table plans is 'What is sold, whatever its version.';
comment on column plans."group" is 'A customer has at most one running subscription in a group.';
comment on column plans.rank is 'Order within the group: moving to a higher rank is an upgrade.';

alter table environments
  add foreign key (id, default_plan_id) references plans (environment_id, id);

create table plan_versions (
  environment_id text not null references environments (id),
  id text not null,
  plan_id text not null,
  number int not null check (number > 0),
  published_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, plan_id, number),
  foreign key (environment_id, plan_id) references plans (environment_id, id)
);
comment on table plan_versions is 'A plan as it was sold. Never changed once published: a change is a new version.';

create table prices (
  environment_id text not null references environments (id),
  id text not null,
  plan_version_id text not null,
  type text not null check (type in ('flat')),
  amount bigint not null check (amount >= 0),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  interval text not null check (interval in ('day', 'week', 'month', 'year')),
  interval_count int not null check (interval_count between 1 and 36),
  stripe_price_id text,
  created_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, plan_version_id, currency, interval, interval_count),
  foreign key (environment_id, plan_version_id) references plan_versions (environment_id, id)
);
comment on table prices is 'What a plan version costs. A flat price is charged once per unit of quantity and period.';
comment on column prices.amount is 'Integer minor units of the currency.';
create unique index prices_by_stripe_price on prices (environment_id, stripe_price_id) where stripe_price_id is not null;

create table plan_features (
  environment_id text not null references environments (id),
  plan_version_id text not null,
  feature_id text not null,
  "limit" numeric check ("limit" >= 0),
  overage text check (overage in ('block', 'allow')),
  value text check (length(value) <= 500),
  primary key (environment_id, plan_version_id, feature_id),
  foreign key (environment_id, plan_version_id) references plan_versions (environment_id, id),
  foreign key (environment_id, feature_id) references features (environment_id, id)
);
comment on table plan_features is 'What a plan version grants.';
comment on column plan_features."limit" is 'Of a metered feature, per period. Null is unlimited, 0 is none.';
comment on column plan_features.overage is 'Of a metered feature: what happens at the limit.';
comment on column plan_features.value is 'Of a config feature.';
