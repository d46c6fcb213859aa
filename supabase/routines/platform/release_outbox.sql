-- Gives claimed jobs back, when Redis could not take them.
create or replace function app.release_outbox(environment_ids text[], job_ids text[])
returns void
language sql security definer set search_path = ''
as $$
  update public.outbox o
  set state = 'pending', enqueued_at = null
  from unnest(environment_ids, job_ids) as j (environment_id, id)
  where o.environment_id = j.environment_id and o.id = j.id and o.state = 'enqueued'
$$;

revoke execute on function app.release_outbox from public;
grant execute on function app.release_outbox to billingos_api;
