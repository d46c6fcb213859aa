-- Consuming checks and deducts in one step, so that of a limit no more is ever given than there is. A reservation holds
-- units until they are confirmed, released, or its time is over.

set local lock_timeout = '5s';

create table usage_reservations (
  environment_id text not null references environments (id),
  id text not null,
  customer_id text not null,
  feature_id text not null,
  meter_id text not null,
  quantity numeric not null check (quantity > 0),
  confirmed numeric check (confirmed between 0 and quantity),
  state text not null check (state in ('held', 'confirmed', 'released')),
  event_id text,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  settled_at timestamptz,
  primary key (environment_id, id),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, feature_id) references features (environment_id, id),
  foreign key (environment_id, meter_id) references meters (environment_id, id)
);
comment on table usage_reservations is 'Units held of a limit for work that is under way. One that has expired holds nothing, whatever its state says.';
create index usage_reservations_held on usage_reservations (environment_id, customer_id, meter_id) where state = 'held';

alter table usage_reservations enable row level security;
alter table usage_reservations force row level security;
create policy tenant on usage_reservations to billingos_api
  using (environment_id = (select app.environment_id()))
  with check (environment_id = (select app.environment_id()));
grant select on usage_reservations to billingos_api;
