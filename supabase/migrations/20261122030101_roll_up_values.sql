-- The highest and the latest values are rolled up as well, and all but customers by quarter hour: days begin with one
-- in every timezone.

set local lock_timeout = '5s';

-- What was applied before would go on without them, until its new text is.
drop function if exists app.roll_up_usage(int, int, timestamptz);

alter table usage_rollups drop constraint usage_rollups_unit_check;
alter table usage_rollups
  add constraint usage_rollups_unit_check check (unit in ('quarter', 'hour', 'day')) not valid;
alter table usage_rollups
  add column latest_occurred_at timestamptz,
  add column latest_received_at timestamptz,
  add column latest_event_id text;
comment on table usage_rollups is 'What meters made of events, by when they occurred, in UTC; not how many distinct values there were. A copy: app.rebuild_usage_rollups makes it anew from the events.';
comment on column usage_rollups.unit is 'Quarters of an hour are kept of all and of properties, not of customers.';
comment on column usage_rollups.latest_event_id is 'Whose value it is, of meters of the latest one.';
