-- Environments that can charge and were not compared within `every`. Two sweeps may find the same one: one run at a time
-- is the index's business.
create or replace function app.due_reconciliations(at timestamptz, every interval, stuck interval, max_rows int)
returns table (environment_id text)
language sql stable security definer set search_path = ''
as $$
  select a.environment_id
  from public.stripe_accounts a
  where a.disconnected_at is null and a.connected_at is not null
    and not exists (
      select from public.reconciliation_runs r
      where r.environment_id = a.environment_id
        and (r.started_at > at - every or (r.state = 'running' and r.progressed_at > at - stuck)))
  order by a.environment_id
  limit max_rows
$$;

revoke execute on function app.due_reconciliations from public;
grant execute on function app.due_reconciliations to billingos_api;
