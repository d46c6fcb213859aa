-- A customer who was deleted on Stripe is made there anew when something is sold to them.

set local lock_timeout = '5s';

alter table customers add column stripe_links_lost int not null default 0;
comment on column customers.stripe_links_lost is 'How often the linked Stripe customer was deleted there.';
