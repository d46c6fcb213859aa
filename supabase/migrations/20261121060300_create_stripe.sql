-- Our side of the conversation with Stripe: connected accounts, intents to call, events received.

set local lock_timeout = '5s';

create table stripe_accounts (
  environment_id text not null references environments (id),
  id text not null,
  mode text not null check (mode in ('live', 'test')),
  stripe_account_id text not null,
  charges_enabled boolean not null default false,
  payouts_enabled boolean not null default false,
  connected_at timestamptz,
  disconnected_at timestamptz,
  created_at timestamptz not null,
  primary key (environment_id, id)
);
comment on table stripe_accounts is 'The Stripe account that an environment charges through.';
comment on column stripe_accounts.connected_at is 'When onboarding was finished and charges became possible.';
create unique index stripe_accounts_one_per_environment on stripe_accounts (environment_id) where disconnected_at is null;
create unique index stripe_accounts_by_account on stripe_accounts (mode, stripe_account_id) where disconnected_at is null;

create table stripe_intents (
  environment_id text not null references environments (id),
  id text not null,
  kind text not null,
  dedupe_key text not null,
  params jsonb not null,
  state text not null check (state in ('pending', 'succeeded', 'failed')),
  attempt int not null default 1,
  stripe_object_id text,
  error jsonb,
  created_at timestamptz not null,
  settled_at timestamptz,
  primary key (environment_id, id),
  unique (environment_id, kind, dedupe_key),
  check ((state = 'pending') = (settled_at is null))
);
comment on table stripe_intents is 'Calls to Stripe that change something, written before they are made. A crash at any point is finished with the same idempotency key.';
comment on column stripe_intents.dedupe_key is 'One intent per wish: the request''s Idempotency-Key, or the object that is being put on Stripe.';
comment on column stripe_intents.attempt is 'Part of the idempotency key sent to Stripe; grows only when a refused call is tried anew.';

create table webhook_events (
  environment_id text not null references environments (id),
  id text not null,
  stripe_event_id text not null,
  stripe_account_id text not null,
  type text not null,
  payload jsonb not null,
  state text not null check (state in ('received', 'processed', 'failed', 'ignored')),
  attempts int not null default 0,
  error text,
  received_at timestamptz not null,
  processed_at timestamptz,
  primary key (environment_id, id),
  unique (environment_id, stripe_event_id)
);
comment on table webhook_events is 'Verified Stripe events, stored before they are answered and processed by jobs. The payload is a hint: handlers ask Stripe for the state.';
comment on column webhook_events.payload is 'Type and ids of the object the event is about; nothing personal.';
