-- Takes recoveries of all environments that are due for a look; whoever takes one has `lease` to look.
create or replace function app.claim_recoveries(at timestamptz, lease interval, max_rows int)
returns table (environment_id text, invoice_id text)
language sql security definer set search_path = ''
as $$
  with due as (
    select r.environment_id, r.id from public.recoveries r
    where r.due_at <= at
    order by r.due_at limit max_rows for update skip locked
  )
  update public.recoveries r
  set due_at = at + lease
  from due where r.environment_id = due.environment_id and r.id = due.id
  returning r.environment_id, r.invoice_id
$$;

revoke execute on function app.claim_recoveries from public;
grant execute on function app.claim_recoveries to billingos_api;
