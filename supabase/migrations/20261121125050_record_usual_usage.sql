-- Most events are of a known customer and a new key. One statement records those: it looks up customer, meter and period
-- once each, and says of an event no more than it has to. Everything else takes the long way of before, which is a function
-- of its own now.

set local lock_timeout = '5s';

-- A total is updated again and again, and none of what changes is indexed: with room on its page it stays there.
alter table usage_records set (fillfactor = 70);
