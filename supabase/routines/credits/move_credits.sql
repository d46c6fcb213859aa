-- Takes what is left of a grant, or a part of it, and writes why.
create or replace function app.move_credits(
  for_environment text, for_grant text, why text, moved numeric, at timestamptz, for_meter text, for_period timestamptz
) returns void
language sql set search_path = ''
as $$
  with changed as (
    update public.credit_grants g set remaining = g.remaining + moved
    where g.environment_id = for_environment and g.id = for_grant and moved <> 0
    returning g.customer_id
  )
  insert into public.credit_entries
    (environment_id, id, customer_id, grant_id, kind, quantity, meter_id, period_start, occurred_at)
  select for_environment, app.credit_entry_id(), c.customer_id, for_grant, why, moved, for_meter, for_period, at
  from changed c
$$;

revoke execute on function app.move_credits from public;
grant execute on function app.move_credits to billingos_api;
