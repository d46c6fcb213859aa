-- Which snapshots are out of date: a row for each change of what a snapshot is made of, written with the change itself by
-- triggers. Processes read it each second, and so may believe copies that are older than that.

set local lock_timeout = '5s';

-- Refers to nothing: rows live for a quarter of an hour, and one is written for every commit of usage.
create table entitlement_changes (
  environment_id text not null,
  changed_in xid8 not null,
  kind text not null check (kind in ('customer', 'environment', 'usage')),
  cache_key text not null default '',
  changed_at timestamptz not null default clock_timestamp(),
  primary key (environment_id, changed_in, kind, cache_key)
);
comment on table entitlement_changes is 'What made copies of snapshots out of date, in the last minutes. Written by triggers only.';
comment on column entitlement_changes.changed_in is 'The transaction. One that is not below the horizon of the reading statement may commit later than a higher one.';
comment on column entitlement_changes.kind is 'customer: what one customer may do. environment: something that many snapshots are made of. usage: totals, which whoever records them also tells by Redis.';
comment on column entitlement_changes.cache_key is 'Of a customer: what their snapshot is filed under.';
create index entitlement_changes_in_order on entitlement_changes (changed_in);

alter table entitlement_changes enable row level security;
alter table entitlement_changes force row level security;
create policy tenant on entitlement_changes to billingos_api
  using (environment_id = (select app.environment_id()))
  with check (environment_id = (select app.environment_id()));
