-- Usage added up by hour and day, so that looking at months of it does not read the events one by one.

set local lock_timeout = '5s';

-- The transaction tells what was added up already: unlike any time or number that is given before a commit, it tells also
-- when another one, which began later, was done earlier. Events from before have none.
alter table usage_events add column recorded_in bigint;
alter table usage_events alter column recorded_in set default (pg_current_xact_id()::text)::bigint;
comment on column usage_events.recorded_in is 'The transaction that stored it. Those below app.usage_rolled_until() are in usage_rollups, and those without one.';
-- As good as no work for who records: it keeps the least and the greatest of each megabyte.
create index usage_events_by_transaction on usage_events using brin (recorded_in) with (autosummarize = on);

create table usage_rollups (
  environment_id text not null,
  meter_id text not null,
  unit text not null check (unit in ('hour', 'day')),
  grouped_by text not null,
  bucket timestamptz not null,
  "group" text not null,
  value numeric not null,
  events bigint not null,
  primary key (environment_id, meter_id, unit, grouped_by, bucket, "group")
) with (fillfactor = 85);
comment on table usage_rollups is 'What meters that count or sum made of events, by when they occurred, in UTC. A copy: app.rebuild_usage_rollups makes it anew from the events.';
comment on column usage_rollups.grouped_by is 'Empty: all of them. `customer`, or a property that the meter lists.';
comment on column usage_rollups."group" is 'Of customers the id; of a property = and its value, or nothing for the events without it.';

create table usage_rollup_properties (
  environment_id text not null,
  meter_id text not null,
  property text not null,
  complete_from timestamptz,
  given_up_at timestamptz,
  primary key (environment_id, meter_id, property),
  foreign key (environment_id, meter_id) references meters (environment_id, id)
);
comment on table usage_rollup_properties is 'The properties by which usage is rolled up.';
comment on column usage_rollup_properties.complete_from is 'It was listed when there were events already: what occurred before is rolled up only in part. Null: everything is.';
comment on column usage_rollup_properties.given_up_at is 'It had too many values for adding up to help, or was not listed any more. Until app.rebuild_usage_rollups looks again.';

create table usage_rollup_state (
  one boolean primary key default true check (one),
  rolled_until bigint not null
);
comment on table usage_rollup_state is 'One row: events of transactions below are rolled up. No tenant''s.';
insert into usage_rollup_state values (true, 0);

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['usage_rollups', 'usage_rollup_properties'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
alter table usage_rollup_state enable row level security;
alter table usage_rollup_state force row level security;
create policy nobody on usage_rollup_state to billingos_api using (false);
