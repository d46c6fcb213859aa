-- Calls to merchants' own APIs: each logged, and added up by minute, hour and day.

set local lock_timeout = '5s';

create table request_logs (
  environment_id text not null,
  id text not null,
  customer_id text,
  project_id text,
  key_id text,
  endpoint text not null check (length(endpoint) between 1 and 200),
  method text not null check (method in ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')),
  status_code int not null check (status_code between 100 and 599),
  response_time_ms double precision not null check (response_time_ms between 0 and 86400000),
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  primary key (environment_id, id, occurred_at)
) partition by range (occurred_at);
comment on table request_logs is 'Logged calls, append-only, in monthly partitions. Written only by app.record_requests, which resolves key, customer and project within the environment: foreign keys would cost three look-ups a call.';
comment on column request_logs.endpoint is 'The path with :id for what names one thing.';
create index request_logs_by_time on request_logs (environment_id, occurred_at);
create index request_logs_by_key on request_logs (environment_id, key_id, id) where key_id is not null;
create index request_logs_by_customer on request_logs (environment_id, customer_id, id) where customer_id is not null;

create table request_log_keys (
  environment_id text not null,
  key text not null,
  log_id text not null,
  received_at timestamptz not null,
  primary key (environment_id, key)
);
comment on table request_log_keys is 'Idempotency keys of logged calls, kept for 48 hours.';
create index request_log_keys_by_received_at on request_log_keys (received_at);

create table request_rollups_due (
  environment_id text not null,
  id text not null,
  minute timestamptz not null,
  primary key (environment_id, id, minute)
);
comment on table request_rollups_due is 'Minutes that got calls since they were added up. Several rows may name one: nothing waits for anything.';

create table request_rollups (
  environment_id text not null,
  unit text not null check (unit in ('minute', 'hour', 'day')),
  bucket timestamptz not null,
  customer_id text not null,
  project_id text not null,
  key_id text not null,
  endpoint text not null,
  method text not null,
  calls bigint not null,
  errors_4xx bigint not null,
  errors_5xx bigint not null,
  total_ms double precision not null,
  max_ms double precision not null,
  bins int[] not null,
  bin_calls bigint[] not null,
  primary key (environment_id, unit, bucket, customer_id, project_id, key_id, endpoint, method)
);
comment on table request_rollups is 'Calls added up. Made anew from the calls (minutes), minutes (hours) and hours (days) whenever one of theirs changed: running it twice changes nothing.';
comment on column request_rollups.customer_id is 'Empty when the call names none; likewise project and key.';
comment on column request_rollups.bins is 'DDSketch of response times, 1 % exact: bin i holds those in (γ^(i-1), γ^i] ms with γ = 1.01/0.99; bin -2000 those of 0.';
create index request_rollups_by_age on request_rollups (unit, bucket);

create table request_log_settings (
  environment_id text not null references environments (id),
  retention_days int not null check (retention_days in (7, 30, 90)),
  updated_at timestamptz not null,
  primary key (environment_id)
);
comment on table request_log_settings is 'How long an environment''s logged calls are kept; 30 days when there is no row. Sums by day are kept for 400 days.';

create table quota_alerts (
  environment_id text not null references environments (id),
  customer_id text not null,
  feature text not null,
  resets_at timestamptz not null,
  threshold int not null check (threshold in (80, 100)),
  created_at timestamptz not null,
  primary key (environment_id, customer_id, feature, resets_at, threshold),
  foreign key (environment_id, customer_id) references customers (environment_id, id)
);
comment on table quota_alerts is 'Who was told of which quota in which period: once at 80 %, once at 100 %.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array[
    'request_logs', 'request_log_keys', 'request_rollups_due', 'request_rollups', 'request_log_settings', 'quota_alerts'
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
grant insert on quota_alerts to billingos_api;
grant insert, update on request_log_settings to billingos_api;
