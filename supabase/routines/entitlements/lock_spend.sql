-- Whoever takes or holds what is under a spend cap comes here first, looks at what it would cost, and goes on in the same
-- transaction: those of one customer come one after the other, so that what was looked at still holds.
create or replace function app.lock_spend(for_environment text, reference text, at timestamptz) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  snapshot jsonb := app.entitlement_snapshot(for_environment, reference, at);
begin
  perform pg_advisory_xact_lock(hashtextextended(
    concat_ws(' ', 'spend', for_environment, snapshot ->> 'customer_id'), 0));
  perform set_config('app.spend_checked', snapshot ->> 'customer_id', true);
  -- Read before the lock was there, it may be out of date.
  return app.entitlement_snapshot(for_environment, reference, at);
end $$;

revoke execute on function app.lock_spend from public;
grant execute on function app.lock_spend to billingos_api;
