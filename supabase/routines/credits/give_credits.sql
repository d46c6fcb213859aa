-- Grants what an allowance gives for one of its periods, with the entry that says so.
create or replace function app.give_credits(
  for_environment text, for_customer text, from_source text, allowance public.credit_allowances, amount numeric,
  from_time timestamptz, until timestamptz
) returns void
language plpgsql set search_path = ''
as $$
declare
  new_id text := 'cgr_' || app.time_sorted_uuid();
begin
  insert into public.credit_grants
    (environment_id, id, customer_id, source, allowance_id, quantity, remaining, "interval", interval_count, effective_at,
     expires_at, created_at)
  values (for_environment, new_id, for_customer, from_source, allowance.id, amount, 0, allowance."interval",
          allowance.interval_count, from_time, until, from_time);
  perform app.move_credits(
    for_environment, new_id, case from_source when 'rollover' then 'rollover' else 'grant' end, amount, from_time, null,
    null);
end $$;

revoke execute on function app.give_credits from public;
