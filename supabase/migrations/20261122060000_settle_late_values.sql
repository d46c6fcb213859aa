-- What came too late for its invoice and somebody has dealt with.

set local lock_timeout = '5s';

alter table usage_forwards drop constraint usage_forwards_state_check;
alter table usage_forwards add constraint usage_forwards_state_check
  check (state in ('open', 'sending', 'sent', 'needs_reconcile', 'settled')) not valid;
alter table usage_forwards validate constraint usage_forwards_state_check;
comment on column usage_forwards.state is 'open: still adding up. sending: frozen, its id is the identifier Stripe deduplicates by. needs_reconcile: too old to be sent again blindly. settled: somebody has dealt with it, Stripe is not told.';
