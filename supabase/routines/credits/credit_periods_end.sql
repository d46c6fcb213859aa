-- When the given number of an allowance's periods from `start` is over.
create or replace function app.credit_periods_end(allowance public.credit_allowances, start timestamptz, periods int)
returns timestamptz
language plpgsql immutable set search_path = ''
as $$
declare
  until timestamptz := start;
begin
  for i in 1 .. periods loop
    until := (app.period_at(allowance.anchor, allowance."interval", allowance.interval_count, until)).period_end;
  end loop;
  return until;
end $$;

revoke execute on function app.credit_periods_end from public;
