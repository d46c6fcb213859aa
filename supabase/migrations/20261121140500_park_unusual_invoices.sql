-- Invoices that are held back until somebody has looked at them.

set local lock_timeout = '5s';

alter table invoices
  add column parked_at timestamptz,
  add column parked_reason text check (parked_reason in ('unusual_amount', 'too_many_lines')),
  add column released_at timestamptz,
  add check ((parked_at is null) = (parked_reason is null)),
  add check (parked_at is null or status = 'draft');
comment on column invoices.parked_at is 'Held back since: nothing is asked for until somebody releases it. Only a draft.';
comment on column invoices.released_at is 'When somebody said that it is right. It is not held back again.';
