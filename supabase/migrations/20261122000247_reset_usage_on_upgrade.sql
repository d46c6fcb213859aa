-- Whether an upgrade sets back what was used of the period so far.

set local lock_timeout = '5s';

alter table subscription_settings add column reset_usage_on_upgrade boolean not null default false;
comment on column subscription_settings.reset_usage_on_upgrade is 'After an upgrade the new limits hold in full: what was used before it is granted once more until the period ends.';
