-- Meters that keep the highest value, the number of distinct values or the latest value; meters that read their value
-- from a property, or count only what meets their filters. What such a meter counts cannot be added up blindly, so it is
-- recorded by functions of its own: the path of meters that count or sum stays as it was.

set local lock_timeout = '5s';

alter table meters
  add column property text check (length(property) between 1 and 40),
  add column filters jsonb not null default '[]' check (jsonb_typeof(filters) = 'array'),
  add column group_by text[] not null default '{}' check (cardinality(group_by) <= 5),
  drop constraint meters_aggregation_check,
  add constraint meters_aggregation_check check (aggregation in ('count', 'sum', 'max', 'unique', 'latest')),
  add constraint meters_fitting_property_check check (case aggregation when 'unique' then property is not null when 'count' then property is null else true end),
  add column is_plain boolean not null
    generated always as (aggregation in ('count', 'sum') and property is null and filters = '[]'::jsonb) stored;
comment on column meters.property is 'The property whose distinct values are counted, or that holds the value of an event.';
comment on column meters.filters is 'All of them must hold of an event, or it is stored and not counted.';
comment on column meters.group_by is 'Properties by which use can be broken down for looking at.';
comment on column meters.is_plain is 'Every event counts, as one or as its value: it can be added to a total without looking at anything else.';

alter table usage_events
  add column uncounted text check (uncounted in ('filtered', 'property_missing', 'property_not_a_quantity', 'retracted'));
comment on column usage_events.uncounted is 'Why it is not part of any total. Null: it is.';
create index usage_events_uncounted on usage_events (environment_id, id) where uncounted is not null;

alter table usage_records
  add column latest_occurred_at timestamptz,
  add column latest_received_at timestamptz,
  add column latest_event_id text;
comment on column usage_records.latest_occurred_at is 'Of a meter of the latest value: which event that is. The later it occurred, then arrived, wins.';

create table usage_unique_values (
  environment_id text not null,
  customer_id text not null,
  meter_id text not null,
  period_start timestamptz not null,
  value_hash bytea not null,
  event_count bigint not null check (event_count >= 0),
  primary key (environment_id, customer_id, meter_id, period_start, value_hash)
);
comment on table usage_unique_values is 'The distinct values a meter of the kind `unique` saw in a period, as SHA-256. How many there are is the total.';
comment on column usage_unique_values.event_count is 'How many events had it: when the last is retracted, it was not seen.';
alter table usage_unique_values enable row level security;
alter table usage_unique_values force row level security;
create policy tenant on usage_unique_values to billingos_api
  using (environment_id = (select app.environment_id()))
  with check (environment_id = (select app.environment_id()));
grant select on usage_unique_values to billingos_api;

alter table usage_forwards add column absolute boolean not null default false;
comment on column usage_forwards.absolute is 'The whole value of the period so far, to a meter that keeps the last: not to be added up.';
create index usage_forwards_absolute on usage_forwards (environment_id, customer_id, meter_id, bucket) where absolute;
