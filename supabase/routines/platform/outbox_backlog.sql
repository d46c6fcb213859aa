-- How much waits, for how long at most, and how much has failed for good, for the metrics.
create or replace function app.outbox_backlog(at timestamptz)
returns table (waiting bigint, oldest_seconds double precision, failed bigint)
language sql stable security definer set search_path = ''
as $$
  select count(*) filter (where state in ('pending', 'enqueued') and available_at <= at),
         coalesce(extract(epoch from at - min(available_at) filter (where state in ('pending', 'enqueued') and available_at <= at)), 0),
         count(*) filter (where state = 'failed')
  from public.outbox
  where state in ('pending', 'enqueued', 'failed')
$$;

revoke execute on function app.outbox_backlog from public;
grant execute on function app.outbox_backlog to billingos_api;
