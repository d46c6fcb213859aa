-- Usage: the events themselves, the keys that make them count once, totals per period, and what is owed to Stripe's meters.

set local lock_timeout = '5s';

create table usage_events (
  environment_id text not null,
  id text not null,
  idempotency_key text not null,
  customer_id text not null,
  meter_id text not null,
  value numeric not null check (value >= 0),
  properties jsonb,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  period_start timestamptz not null,
  primary key (environment_id, id, occurred_at)
) partition by range (occurred_at);
comment on table usage_events is 'Accepted usage, append-only, in monthly partitions. Written only by app.record_usage, which resolves customer and meter within the environment: foreign keys would cost two look-ups an event.';
comment on column usage_events.period_start is 'The period the event was counted in: totals can be rebuilt from the events alone.';
create index usage_events_by_customer on usage_events (environment_id, customer_id, meter_id, occurred_at);

create table usage_keys (
  environment_id text not null,
  key text not null,
  fingerprint bytea not null,
  event_id text not null,
  received_at timestamptz not null,
  primary key (environment_id, key)
);
comment on table usage_keys is 'Idempotency keys of usage events, kept for at least 35 days. The event''s time is not part of the key.';
create index usage_keys_by_received_at on usage_keys (received_at);

create table usage_records (
  environment_id text not null references environments (id),
  customer_id text not null,
  meter_id text not null,
  period_start timestamptz not null,
  period_end timestamptz not null,
  value numeric not null,
  event_count bigint not null,
  version bigint not null default 1,
  updated_at timestamptz not null,
  primary key (environment_id, customer_id, meter_id, period_start),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, meter_id) references meters (environment_id, id)
);
comment on table usage_records is 'Totals per customer, meter and period; the sum of the events at every quiescent point.';

create table usage_forwards (
  environment_id text not null references environments (id),
  id text not null,
  customer_id text not null,
  meter_id text not null,
  bucket timestamptz not null,
  quantity numeric not null check (quantity >= 0),
  state text not null check (state in ('open', 'sending', 'sent', 'needs_reconcile')),
  due_at timestamptz not null,
  first_attempt_at timestamptz,
  attempts int not null default 0,
  error text,
  sent_at timestamptz,
  primary key (environment_id, id),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, meter_id) references meters (environment_id, id)
);
comment on table usage_forwards is 'What Stripe''s meters are to be told, added up per customer, meter and bucket of time.';
comment on column usage_forwards.state is 'open: still adding up. sending: frozen, its id is the identifier Stripe deduplicates by. needs_reconcile: too old to be sent again blindly.';
create unique index usage_forwards_one_open on usage_forwards (environment_id, customer_id, meter_id, bucket) where state = 'open';
create index usage_forwards_due on usage_forwards (due_at) where state in ('open', 'sending');
