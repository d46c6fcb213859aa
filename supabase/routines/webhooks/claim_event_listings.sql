-- Accounts whose events are to be listed now. Takes them for as long as `every`, so that two sweeps share the work.
create or replace function app.claim_event_listings(at timestamptz, every interval, max_rows int)
returns table (environment_id text)
language sql security definer set search_path = ''
as $$
  update public.stripe_accounts s
  set events_due_at = at + every
  from (
    select a.environment_id, a.id
    from public.stripe_accounts a
    where a.disconnected_at is null and a.connected_at is not null
      and (a.events_due_at is null or a.events_due_at <= at)
    order by a.events_due_at nulls first
    limit max_rows
    for update skip locked
  ) due
  where s.environment_id = due.environment_id and s.id = due.id
  returning s.environment_id
$$;

revoke execute on function app.claim_event_listings from public;
grant execute on function app.claim_event_listings to billingos_api;
