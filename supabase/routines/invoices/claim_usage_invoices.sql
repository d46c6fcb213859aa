-- The drafts on Stripe that wait for the last use of their period and may have it now. Whoever takes one has it for the
-- lease.
create or replace function app.claim_usage_invoices(at timestamptz, lease interval, max_rows int)
returns table (environment_id text, id text)
language sql security definer set search_path = ''
as $$
  update public.invoices i
  set usage_due_at = at + lease
  from (
    select d.environment_id, d.id from public.invoices d
    where d.usage_due_at <= at
    order by d.usage_due_at limit max_rows for update skip locked
  ) due
  where i.environment_id = due.environment_id and i.id = due.id
  returning i.environment_id, i.id
$$;

revoke execute on function app.claim_usage_invoices from public;
grant execute on function app.claim_usage_invoices to billingos_api;
