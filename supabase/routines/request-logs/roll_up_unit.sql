-- Adds one unit up from the next finer one, of these environments and buckets, in place of what was there.
create or replace function app.roll_up_unit(environment_ids text[], buckets timestamptz[], target text)
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

revoke execute on function app.roll_up_unit from public;
