-- Totals are compared with the events they are the sum of, an environment every hour: one that differs is nobody's fault
-- that anybody would notice, until an invoice is wrong.

set local lock_timeout = '5s';

alter table environments add column usage_compared_at timestamptz;
comment on column environments.usage_compared_at is 'When totals of usage were last compared with their events.';
