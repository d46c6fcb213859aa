-- The same answers from record_usage, for about a third of the work: what is asked of a customer and a meter is asked
-- once for all of their events, and the keys are read again only when one of them was there already.

set local lock_timeout = '5s';

-- Found by age only, for retention, and written in the order of time: an index of ranges costs nothing on insert.
drop index usage_keys_by_received_at;
create index usage_keys_by_received_at on usage_keys using brin (received_at);

-- A total is updated again and again: with room on its page, no index has to be told.
alter table usage_records set (fillfactor = 70);
