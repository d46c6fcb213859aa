-- Tenants: merchants, their members and environments, and what every module writes beside its own tables
-- (audit log, idempotent requests, outbox).
--
-- `environment_id` is the tenancy key. It leads every primary key, foreign key and index of tenant data, row-level
-- security is forced on every table, and the API's role `billingos_api` neither owns a table nor bypasses a policy.
-- The role gets its password, and the right to log in, from whoever operates the database, never from a migration.

set local lock_timeout = '5s';

do $$
begin
  if not exists (select from pg_roles where rolname = 'billingos_api') then
    create role billingos_api nologin noinherit nocreatedb nocreaterole;
  end if;
end $$;

-- Functions live outside `public`, so that no REST layer can offer them as remote procedures.
create schema app;
grant usage on schema app to billingos_api;

-- Hosted Supabase grants new tables in `public` to its REST roles. Billing data is not theirs to see.
do $$
declare
  rest_role text;
begin
  foreach rest_role in array array['anon', 'authenticated'] loop
    if exists (select from pg_roles where rolname = rest_role) then
      execute format('alter default privileges in schema public revoke all on tables from %I', rest_role);
    end if;
  end loop;
end $$;

create function app.environment_id() returns text
language sql stable
-- An unset or reset setting is the empty string after the first transaction of a connection: treat both as "no tenant".
return nullif(current_setting('app.environment_id', true), '');

create function app.user_id() returns uuid
language sql stable
return nullif(current_setting('app.user_id', true), '')::uuid;

revoke execute on function app.environment_id(), app.user_id() from public;
grant execute on function app.environment_id(), app.user_id() to billingos_api;

create table merchants (
  id text primary key,
  slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 60),
  name text not null check (length(name) between 1 and 100),
  created_at timestamptz not null
);
comment on table merchants is 'The tenants: companies that use BillingOS.';

create table members (
  merchant_id text not null references merchants (id),
  user_id uuid not null,
  email text not null,
  role text not null check (role in ('owner', 'admin', 'developer', 'support', 'viewer')),
  created_at timestamptz not null,
  primary key (merchant_id, user_id)
);
comment on table members is 'Which signed-in user may act for which merchant, and as what.';
create index members_by_user on members (user_id);

create table environments (
  id text primary key,
  merchant_id text not null references merchants (id),
  slug text not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 40),
  name text not null check (length(name) between 1 and 60),
  mode text not null check (mode in ('live', 'test')),
  default_plan_id text,
  created_at timestamptz not null,
  unique (merchant_id, slug)
);
comment on table environments is 'Isolated data sets of a merchant. Everything a merchant owns belongs to exactly one.';
comment on column environments.default_plan_id is 'What a customer without a subscription may use. Null: nothing.';

create table api_keys (
  environment_id text not null references environments (id),
  id text not null,
  type text not null check (type in ('secret', 'publishable')),
  name text not null check (length(name) between 1 and 100),
  prefix text not null,
  last4 text not null,
  hash bytea not null unique,
  created_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz,
  primary key (environment_id, id)
);
comment on table api_keys is 'Credentials of an environment. The key itself is shown once and never stored.';
comment on column api_keys.hash is 'SHA-256 of the whole key, which holds at least 190 random bits.';

create table onboarding_steps (
  environment_id text not null references environments (id),
  step text not null check (step in
    ('connect_stripe', 'create_plan', 'create_api_key', 'first_customer', 'first_subscription', 'first_check')),
  done_at timestamptz not null,
  primary key (environment_id, step)
);
comment on table onboarding_steps is 'The first time each step of setting up an environment happened.';

create table audit_log (
  environment_id text not null references environments (id),
  id text not null,
  actor_type text not null check (actor_type in ('user', 'api_key', 'system')),
  actor_id text not null,
  actor_label text not null,
  action text not null,
  target_type text not null,
  target_id text not null,
  before jsonb,
  after jsonb,
  ip text,
  request_id text,
  created_at timestamptz not null,
  primary key (environment_id, id)
);
comment on table audit_log is 'Who changed what. Append-only: the API role can neither update nor delete a row.';

create table request_idempotency (
  environment_id text not null references environments (id),
  key text not null check (length(key) between 1 and 255),
  fingerprint bytea not null,
  state text not null check (state in ('started', 'finished')),
  locked_until timestamptz,
  status int,
  response jsonb,
  created_at timestamptz not null,
  primary key (environment_id, key),
  check ((state = 'finished') = (status is not null))
);
comment on table request_idempotency is 'Answers to POST requests that carried an Idempotency-Key, to be given again.';
comment on column request_idempotency.fingerprint is 'SHA-256 of method, path and body: the same key with another one is a conflict.';
comment on column request_idempotency.locked_until is 'While a request that calls Stripe is under way; after it, a retry takes over.';

create table outbox (
  environment_id text not null references environments (id),
  id text not null,
  name text not null,
  queue text not null check (queue in ('money', 'webhooks', 'usage', 'intelligence', 'bulk')),
  payload jsonb not null,
  state text not null check (state in ('pending', 'enqueued', 'done', 'failed')),
  attempts int not null default 0,
  error text,
  request_id text,
  available_at timestamptz not null,
  created_at timestamptz not null,
  enqueued_at timestamptz,
  finished_at timestamptz,
  primary key (environment_id, id)
);
comment on table outbox is 'Jobs, written in the transaction that wants them. Redis holds only a copy.';
create index outbox_pending on outbox (available_at) where state = 'pending';
create index outbox_enqueued on outbox (enqueued_at) where state = 'enqueued';
create index outbox_by_state on outbox (environment_id, state, id);
