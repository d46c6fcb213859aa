-- Keys that merchants issue to their own customers, for their own API.

set local lock_timeout = '5s';

create table consumer_key_settings (
  environment_id text not null references environments (id),
  key_prefix text check (key_prefix ~ '^[a-z][a-z0-9]{0,15}(_[a-z0-9]{1,8})?$'),
  key_limit int check (key_limit > 0),
  key_window_seconds int check (key_window_seconds between 1 and 3600),
  customer_limit int check (customer_limit > 0),
  customer_window_seconds int check (customer_window_seconds between 1 and 3600),
  updated_at timestamptz not null,
  primary key (environment_id),
  check ((key_limit is null) = (key_window_seconds is null)),
  check ((customer_limit is null) = (customer_window_seconds is null))
);
comment on table consumer_key_settings is 'How an environment''s consumer keys begin, and how many calls they may make.';
comment on column consumer_key_settings.key_limit is 'Calls in a window, of each key that has no limit of its own. Null: not limited.';
comment on column consumer_key_settings.customer_limit is 'Calls in a window, of all keys of a customer together. Null: not limited.';

create table projects (
  environment_id text not null references environments (id),
  id text not null,
  customer_id text not null,
  name text not null check (length(name) between 1 and 100),
  quota_feature_id text,
  rate_limit int check (rate_limit > 0),
  rate_window_seconds int check (rate_window_seconds between 1 and 3600),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (environment_id, id),
  -- So that a key's project is one of its own customer.
  unique (environment_id, customer_id, id),
  unique (environment_id, customer_id, name),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, quota_feature_id) references features (environment_id, id),
  check ((rate_limit is null) = (rate_window_seconds is null))
);
comment on table projects is 'What a customer keeps apart: the keys of one app, and the calls made with them.';
comment on column projects.quota_feature_id is 'The metered feature that calls with the project''s keys are a use of. Null: no quota.';
comment on column projects.rate_limit is 'Calls in a window, of all keys of the project together. Null: not limited.';

create table consumer_keys (
  environment_id text not null references environments (id),
  id text not null,
  customer_id text not null,
  project_id text,
  name text not null check (length(name) between 1 and 100),
  prefix text not null,
  last4 text not null,
  hash bytea not null unique,
  scopes text[] not null default '{}',
  meta jsonb not null default '{}',
  enabled boolean not null default true,
  rate_limit int check (rate_limit > 0),
  rate_window_seconds int check (rate_window_seconds between 1 and 3600),
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  rotated_to text,
  primary key (environment_id, id),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, customer_id, project_id) references projects (environment_id, customer_id, id),
  foreign key (environment_id, rotated_to) references consumer_keys (environment_id, id),
  check ((rate_limit is null) = (rate_window_seconds is null))
);
comment on table consumer_keys is 'API keys that a merchant''s customers call the merchant''s API with. The key itself is shown once and never stored.';
comment on column consumer_keys.hash is 'SHA-256 of the whole key, which holds at least 190 random bits.';
comment on column consumer_keys.version is 'Grows with every change of what a verification says: a cached older one is never written over a newer one.';
comment on column consumer_keys.rotated_to is 'The key that replaces this one. Both are valid until this one expires.';
create index consumer_keys_by_customer on consumer_keys (environment_id, customer_id, id);
create index consumer_keys_by_project on consumer_keys (environment_id, project_id, id) where project_id is not null;
create index consumer_keys_rotated_to on consumer_keys (environment_id, rotated_to) where rotated_to is not null;
create index projects_by_quota_feature on projects (environment_id, quota_feature_id) where quota_feature_id is not null;

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['consumer_key_settings', 'projects', 'consumer_keys'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert, update on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
