-- The subscriptions that BillingOS invoices and that are due. Whoever takes one has it for the lease; how it stands when
-- it is looked at says what is to be done, so that a lost one is only late.
create or replace function app.claim_manual_billing(at timestamptz, lease interval, max_rows int)
returns table (environment_id text, id text)
language sql security definer set search_path = ''
as $$
  update public.subscriptions s
  set billing_due_at = at + lease
  from (
    select d.environment_id, d.id from public.subscriptions d
    where d.billing_due_at <= at
    order by d.billing_due_at limit max_rows for update skip locked
  ) due
  where s.environment_id = due.environment_id and s.id = due.id
  returning s.environment_id, s.id
$$;

revoke execute on function app.claim_manual_billing from public;
grant execute on function app.claim_manual_billing to billingos_api;
