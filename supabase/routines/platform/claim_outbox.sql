-- Takes due jobs, and jobs handed to Redis that were not finished within the lease: Redis may have lost them.
create or replace function app.claim_outbox(at timestamptz, lease interval, max_rows int)
returns table (environment_id text, id text, name text, queue text, payload jsonb, request_id text)
language sql security definer set search_path = ''
as $$
  with waiting as (
    select p.environment_id, p.id from public.outbox p
    where p.state = 'pending' and p.available_at <= at
    order by p.available_at limit max_rows for update skip locked
  ), lost as (
    select s.environment_id, s.id from public.outbox s
    where s.state = 'enqueued' and s.enqueued_at <= at - lease
    order by s.enqueued_at limit max_rows for update skip locked
  )
  update public.outbox o
  set state = 'enqueued', enqueued_at = at
  from (select * from waiting union all select * from lost) due
  where o.environment_id = due.environment_id and o.id = due.id
  returning o.environment_id, o.id, o.name, o.queue, o.payload, o.request_id
$$;

revoke execute on function app.claim_outbox from public;
grant execute on function app.claim_outbox to billingos_api;
