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

create function app.ensure_request_partitions(at timestamptz)
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  first_month date := date_trunc('month', at at time zone 'UTC')::date;
  month date;
  partition text;
begin
  for month in select (first_month + make_interval(months => i))::date from generate_series(-1, 2) i loop
    partition := 'request_logs_' || to_char(month, 'YYYY_MM');
    if to_regclass('public.' || partition) is null then
      execute format(
        'create table public.%I partition of public.request_logs for values from (%L) to (%L)',
        partition, month::timestamp at time zone 'UTC', (month + interval '1 month')::timestamp at time zone 'UTC');
      execute format('alter table public.%I enable row level security', partition);
      execute format('alter table public.%I force row level security', partition);
      -- Reached through the parent only, whose policy applies then.
      execute format('create policy tenant on public.%I to billingos_api using (environment_id = (select app.environment_id()))', partition);
    end if;
  end loop;
end $$;

select app.ensure_request_partitions(now());

-- Records calls of any number of environments in one statement. All arrays have the same length; the answer has a row for
-- each position, counted from 1.
--   accepted                               stored now
--   duplicate                              the same idempotency key came before: log_id is the first one's
--   no_key / no_customer / no_project      nothing written
create function app.record_requests(
  environment_ids text[], log_ids text[], idempotency_keys text[], key_ids text[], customer_refs text[],
  new_customer_ids text[], project_ids text[], endpoints text[], methods text[], status_codes int[],
  response_times double precision[], occurred_at timestamptz[], at timestamptz
) returns table ("position" int, outcome text, log_id text)
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  c_id text[]; p_id text[]; k_found boolean[]; p_found boolean[]; first_log text[];
begin
  -- Customers never seen before are created when their first call arrives.
  insert into public.customers (environment_id, id, external_id, created_at, updated_at)
  select distinct on (i.env, i.ref) i.env, i.new_id, i.ref, at, at
  from unnest(environment_ids, customer_refs, new_customer_ids, key_ids) as i (env, ref, new_id, key)
  where i.key is null and i.ref !~ '^cus_[0-9a-f]{32}$'
    and not exists (select from public.customers c where c.environment_id = i.env and c.external_id = i.ref)
  order by i.env, i.ref
  on conflict on constraint customers_environment_id_external_id_key do nothing;

  select array_agg(coalesce(k.customer_id, c.id, p.customer_id) order by i.pos),
         array_agg(coalesce(k.project_id, p.id) order by i.pos),
         array_agg(i.key is null or k.id is not null order by i.pos),
         -- A project of somebody else than the key's or the named customer is none.
         array_agg(i.project is null
           or (p.id is not null and coalesce(k.customer_id, c.id, p.customer_id) = p.customer_id) order by i.pos)
  into c_id, p_id, k_found, p_found
  from unnest(environment_ids, key_ids, customer_refs, project_ids) with ordinality as i (env, key, ref, project, pos)
  left join public.consumer_keys k on k.environment_id = i.env and k.id = i.key
  left join public.projects p on p.environment_id = i.env and p.id = i.project
  left join lateral (
    select c.id from public.customers c
    where i.key is null and c.environment_id = i.env and (c.external_id = i.ref or c.id = i.ref)
    order by (c.id = i.ref) desc limit 1
  ) c on true;

  insert into public.request_log_keys (environment_id, key, log_id, received_at)
  select distinct on (i.env, i.key) i.env, i.key, i.log_id, at
  from unnest(environment_ids, idempotency_keys, log_ids, customer_refs, key_ids, c_id, k_found, p_found)
    with ordinality as i (env, key, log_id, ref, key_id, customer, k_found, p_found, pos)
  where i.key is not null and i.k_found and i.p_found and (i.ref is null or i.customer is not null)
  order by i.env, i.key, i.pos
  on conflict on constraint request_log_keys_pkey do nothing;

  -- A new statement sees what concurrent calls committed while the insert waited for them.
  select array_agg(coalesce(r.log_id, i.log_id) order by i.pos) into first_log
  from unnest(environment_ids, idempotency_keys, log_ids) with ordinality as i (env, key, log_id, pos)
  left join public.request_log_keys r on r.environment_id = i.env and r.key = i.key;

  return query
  with input as (
    select i.*,
           case
             when not i.k_found then 'no_key'
             when i.ref is not null and i.customer is null then 'no_customer'
             when not i.p_found then 'no_project'
             when i.first_log = i.log_id then 'accepted'
             else 'duplicate'
           end as outcome
    from unnest(environment_ids, log_ids, key_ids, customer_refs, endpoints, methods, status_codes, response_times,
                occurred_at, c_id, p_id, k_found, p_found, first_log)
      with ordinality as i (env, log_id, key_id, ref, endpoint, method, status, ms, occurred, customer, project,
                            k_found, p_found, first_log, pos)
  ), logs as (
    insert into public.request_logs
      (environment_id, id, customer_id, project_id, key_id, endpoint, method, status_code, response_time_ms,
       occurred_at, received_at)
    select i.env, i.log_id, i.customer, i.project, i.key_id, i.endpoint, i.method, i.status, i.ms, i.occurred, at
    from input i where i.outcome = 'accepted'
  ), due as (
    insert into public.request_rollups_due (environment_id, id, minute)
    select i.env, min(i.log_id), date_trunc('minute', i.occurred)
    from input i where i.outcome = 'accepted'
    group by i.env, date_trunc('minute', i.occurred)
  )
  select i.pos::int, i.outcome, case when i.outcome in ('accepted', 'duplicate') then i.first_log end
  from input i
  order by i.pos;
end $$;

-- Adds one unit up from the next finer one, of these environments and buckets, in place of what was there.
create function app.roll_up_unit(environment_ids text[], buckets timestamptz[], target text)
returns void
language sql security definer set search_path = ''
as $$
  delete from public.request_rollups r
  using (select distinct * from unnest(environment_ids, buckets) as b (environment_id, bucket)) b
  where r.environment_id = b.environment_id and r.unit = target and r.bucket = b.bucket;

  with due as (
    select distinct b.environment_id, b.bucket, b.bucket + ('1 ' || target)::interval as until
    from unnest(environment_ids, buckets) as b (environment_id, bucket)
  ), parts as (
    select d.environment_id, d.bucket, r.customer_id, r.project_id, r.key_id, r.endpoint, r.method, r.calls, r.errors_4xx,
           r.errors_5xx, r.total_ms, r.max_ms, r.bins, r.bin_calls
    from due d
    join public.request_rollups r
      on r.environment_id = d.environment_id and r.bucket >= d.bucket and r.bucket < d.until
      and r.unit = case target when 'hour' then 'minute' else 'hour' end
    where target <> 'minute'
    union all
    select d.environment_id, d.bucket, coalesce(l.customer_id, ''), coalesce(l.project_id, ''), coalesce(l.key_id, ''),
           l.endpoint, l.method, 1, (l.status_code between 400 and 499)::int, (l.status_code >= 500)::int,
           l.response_time_ms, l.response_time_ms,
           -- γ = 1.01/0.99; a microsecond is exact enough for the smallest.
           array[case when l.response_time_ms < 0.001 then -2000
                      else ceil(ln(l.response_time_ms) / ln(1.01 / 0.99))::int end], array[1::bigint]
    from due d
    join public.request_logs l
      on l.environment_id = d.environment_id and l.occurred_at >= d.bucket and l.occurred_at < d.until
    where target = 'minute'
  ), sums as (
    select p.environment_id, p.bucket, p.customer_id, p.project_id, p.key_id, p.endpoint, p.method, sum(p.calls) as calls,
           sum(p.errors_4xx) as errors_4xx, sum(p.errors_5xx) as errors_5xx, sum(p.total_ms) as total_ms,
           max(p.max_ms) as max_ms
    from parts p
    group by 1, 2, 3, 4, 5, 6, 7
  ), bins as (
    select p.environment_id, p.bucket, p.customer_id, p.project_id, p.key_id, p.endpoint, p.method, b.bin,
           sum(b.calls)::bigint as calls
    from parts p cross join lateral unnest(p.bins, p.bin_calls) as b (bin, calls)
    group by 1, 2, 3, 4, 5, 6, 7, 8
  ), sketches as (
    select b.environment_id, b.bucket, b.customer_id, b.project_id, b.key_id, b.endpoint, b.method,
           array_agg(b.bin order by b.bin) as bins, array_agg(b.calls order by b.bin) as bin_calls
    from bins b
    group by 1, 2, 3, 4, 5, 6, 7
  )
  insert into public.request_rollups
    (environment_id, unit, bucket, customer_id, project_id, key_id, endpoint, method, calls, errors_4xx, errors_5xx,
     total_ms, max_ms, bins, bin_calls)
  select s.environment_id, target, s.bucket, s.customer_id, s.project_id, s.key_id, s.endpoint, s.method, s.calls,
         s.errors_4xx, s.errors_5xx, s.total_ms, s.max_ms, k.bins, k.bin_calls
  from sums s
  join sketches k using (environment_id, bucket, customer_id, project_id, key_id, endpoint, method);
$$;

-- Adds up what got calls since: at most so many minutes. Returns how many there were. One at a time: who does not get the
-- lock has nothing to do.
create function app.roll_up_requests(max_minutes int)
returns int
language plpgsql security definer set search_path = ''
as $$
declare
  e text[]; m timestamptz[]; taken text[];
begin
  if not pg_try_advisory_xact_lock(hashtext('app.roll_up_requests')) then
    return 0;
  end if;
  with minutes as (
    select d.environment_id, d.minute from public.request_rollups_due d
    group by d.environment_id, d.minute order by min(d.id) limit max_minutes
  ), gone as (
    delete from public.request_rollups_due d using minutes
    where d.environment_id = minutes.environment_id and d.minute = minutes.minute
  )
  select array_agg(minutes.environment_id), array_agg(minutes.minute) into e, m from minutes;
  if e is null then
    return 0;
  end if;
  -- What is read now is at least what the rows that were taken stood for: later calls bring rows of their own.
  perform app.roll_up_unit(e, m, 'minute');
  perform app.roll_up_unit(e, array(select date_trunc('hour', t.at, 'UTC') from unnest(m) with ordinality as t (at, pos) order by t.pos), 'hour');
  perform app.roll_up_unit(e, array(select date_trunc('day', t.at, 'UTC') from unnest(m) with ordinality as t (at, pos) order by t.pos), 'day');
  return cardinality(e);
end $$;

-- Takes away what is older than its environment keeps it, at most so many rows of each kind, and months that nobody keeps.
-- Minutes are kept for two days, hours for 90, days for 400.
create function app.purge_request_logs(at timestamptz, max_rows int)
returns int
language plpgsql security definer set search_path = ''
as $$
declare
  removed int; total int := 0; month date; old_partition text;
begin
  for old_partition in
    select c.relname from pg_catalog.pg_inherits i
    join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.request_logs'::regclass and c.relname ~ '^request_logs_\d{4}_\d{2}$'
  loop
    month := to_date(right(old_partition, 7), 'YYYY_MM');
    if (month + interval '1 month') at time zone 'UTC' <= at - interval '90 days' then
      execute format('drop table public.%I', old_partition);
    end if;
  end loop;

  delete from public.request_logs l using (
    select r.environment_id, r.id, r.occurred_at
    from public.environments e
    left join public.request_log_settings s on s.environment_id = e.id
    cross join lateral (
      select l.environment_id, l.id, l.occurred_at from public.request_logs l
      where l.environment_id = e.id and l.occurred_at < at - make_interval(days => coalesce(s.retention_days, 30))
      limit max_rows
    ) r
    limit max_rows
  ) old
  where l.environment_id = old.environment_id and l.id = old.id and l.occurred_at = old.occurred_at;
  get diagnostics removed = row_count;
  total := total + removed;

  delete from public.request_rollups r
  where r.ctid = any (array(
    select o.ctid from public.request_rollups o
    where (o.unit = 'minute' and o.bucket < at - interval '2 days')
       or (o.unit = 'hour' and o.bucket < at - interval '90 days')
       or (o.unit = 'day' and o.bucket < at - interval '400 days')
    limit max_rows));
  get diagnostics removed = row_count;
  total := total + removed;

  delete from public.request_log_keys k
  where k.ctid = any (array(
    select o.ctid from public.request_log_keys o where o.received_at < at - interval '48 hours' limit max_rows));
  get diagnostics removed = row_count;
  return total + removed;
end $$;

do $$
declare
  function_name text;
begin
  foreach function_name in array array[
    'ensure_request_partitions', 'record_requests', 'roll_up_unit', 'roll_up_requests', 'purge_request_logs'
  ] loop
    execute format('revoke execute on function app.%I from public', function_name);
    if function_name <> 'roll_up_unit' then
      execute format('grant execute on function app.%I to billingos_api', function_name);
    end if;
  end loop;
end $$;

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
