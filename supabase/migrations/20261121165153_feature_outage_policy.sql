-- What a check of a feature answers while nobody can look it up.

set local lock_timeout = '5s';

alter table features
  add column on_outage text not null default 'deny' check (on_outage in ('allow', 'deny'));
comment on column features.on_outage is 'What a check answers while nothing can be looked up and nothing is known of the customer.';
