-- Invoices whose payment failed and that nobody looks after: the event that told it was lost.
create or replace function app.invoices_to_recover(max_rows int)
returns table (environment_id text, invoice_id text)
language sql stable security definer set search_path = ''
as $$
  select i.environment_id, i.id
  from public.invoices i
  join public.subscriptions s on s.environment_id = i.environment_id and s.id = i.subscription_id
  where i.provider = 'stripe' and i.status = 'open' and i.attempt_count > 0 and i.amount_remaining > 0
    and s.status in ('past_due', 'unpaid')
    and not exists (
      select from public.recoveries r where r.environment_id = i.environment_id and r.invoice_id = i.id)
  limit max_rows
$$;

revoke execute on function app.invoices_to_recover from public;
grant execute on function app.invoices_to_recover to billingos_api;
