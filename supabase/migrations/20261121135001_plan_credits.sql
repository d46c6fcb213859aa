-- What a version of a plan grants in credits, anew each interval, whatever the interval it is paid in.

set local lock_timeout = '5s';

create table plan_credits (
  environment_id text not null references environments (id),
  plan_version_id text not null,
  quantity numeric not null check (quantity > 0),
  "interval" text not null check ("interval" in ('day', 'week', 'month', 'year')),
  interval_count int not null check (interval_count between 1 and 36),
  rollover_max numeric check (rollover_max > 0),
  rollover_periods int check (rollover_periods between 1 and 36),
  primary key (environment_id, plan_version_id),
  foreign key (environment_id, plan_version_id) references plan_versions (environment_id, id),
  check ((rollover_max is null) = (rollover_periods is null))
);
comment on table plan_credits is 'The credits that a version of a plan or an add-on grants each interval. No row: none.';
comment on column plan_credits.rollover_max is 'How much of what was carried over a customer may have at once. Null: nothing is carried over.';
comment on column plan_credits.rollover_periods is 'For how many intervals what was carried over can be used.';

alter table plan_credits enable row level security;
alter table plan_credits force row level security;
create policy tenant on plan_credits to billingos_api
  using (environment_id = (select app.environment_id()))
  with check (environment_id = (select app.environment_id()));
grant select, insert, delete on plan_credits to billingos_api;
create policy only_drafts_go on plan_credits as restrictive for delete to billingos_api
  using (
    exists (
      select from plan_versions v
      where v.environment_id = plan_credits.environment_id and v.id = plan_credits.plan_version_id
        and v.published_at is null
    )
  );
