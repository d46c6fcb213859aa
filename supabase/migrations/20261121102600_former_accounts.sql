-- Leaving a Stripe account, coming back to it, and moving to another one.

set local lock_timeout = '5s';

alter table stripe_accounts
  add column stripe_sequence bigint not null default 0,
  add column lost_at timestamptz,
  add column disconnected_by text check (disconnected_by in ('merchant', 'stripe')),
  add column replaces text;
comment on column stripe_accounts.connected_at is 'Since when charges are possible, without a break.';
comment on column stripe_accounts.stripe_sequence is 'Grows with every state taken over from Stripe: a writer whose read is older starts again.';
comment on column stripe_accounts.lost_at is 'Since when Stripe refuses that we act for the account, though nobody said goodbye.';
comment on column stripe_accounts.disconnected_by is 'Who took the connection away: the merchant here, or in Stripe''s dashboard.';
comment on column stripe_accounts.replaces is 'The account this one comes after, until everything that was linked with that one is forgotten. Nothing is sold meanwhile.';
