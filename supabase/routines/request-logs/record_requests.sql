-- Records calls of any number of environments in one statement. All arrays have the same length; the answer has a row for
-- each position, counted from 1.
--   accepted                               stored now
--   duplicate                              the same idempotency key came before: log_id is the first one's
--   no_key / no_customer / no_project      nothing written
create or replace function app.record_requests(
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

revoke execute on function app.record_requests from public;
grant execute on function app.record_requests to billingos_api;
