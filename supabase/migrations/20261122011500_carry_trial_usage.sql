-- What is used in a trial counts against the limits of the first paid period, unless set otherwise.

set local lock_timeout = '5s';

create table usage_carries (
  environment_id text not null references environments (id),
  customer_id text not null,
  subscription_id text not null,
  period_start timestamptz not null,
  from_start timestamptz not null,
  primary key (environment_id, customer_id, period_start, subscription_id, from_start),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, subscription_id) references subscriptions (environment_id, id),
  check (from_start <> period_start)
);
comment on table usage_carries is 'What was used in the period that began at from_start counts against the limits of the one that begins at period_start, too. What is billed does not know of it.';
comment on column usage_carries.subscription_id is 'Whose periods these are: nothing is carried where those of another one are counted in.';
create index usage_carries_by_subscription on usage_carries (environment_id, subscription_id, period_start);
alter table usage_carries enable row level security;
alter table usage_carries force row level security;
create policy tenant on usage_carries to billingos_api
  using (environment_id = (select app.environment_id()))
  with check (environment_id = (select app.environment_id()));
grant select, insert, delete on usage_carries to billingos_api;

-- Trials that run: their first paid period begins where they end.
insert into usage_carries (environment_id, customer_id, subscription_id, period_start, from_start)
select distinct e.environment_id, e.customer_id, e.subscription_id, s.trial_end,
       (s.trial_end at time zone 'UTC'
         - make_interval(
             days => e.interval_count * case e."interval" when 'day' then 1 when 'week' then 7 else 0 end,
             months => e.interval_count * case e."interval" when 'month' then 1 when 'year' then 12 else 0 end))
         at time zone 'UTC'
from entitlements e
join subscriptions s on s.environment_id = e.environment_id and s.id = e.subscription_id
where s.status = 'trialing' and s.trial_end = s.billing_anchor;

alter table subscription_settings add column reset_usage_after_trial boolean not null default false;
comment on column subscription_settings.reset_usage_after_trial is 'What is used in a trial does not count against the limits of the first paid period.';
