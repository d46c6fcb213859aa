-- Periods close, corrections are events of their own kind, what was refused can be looked up, totals can be rebuilt from
-- the events, and old months are dropped once their totals are frozen.

set local lock_timeout = '5s';

alter table environments add column usage_grace_minutes int not null default 60
  check (usage_grace_minutes between 0 and 10080);
comment on column environments.usage_grace_minutes is 'How long after its end a usage period still takes events of its time.';

alter table usage_events
  add column kind text not null default 'usage' check (kind in ('usage', 'correction')),
  add column late boolean not null default false,
  add column reason text,
  drop constraint usage_events_value_check,
  add constraint usage_events_value_check check (value >= 0 or kind = 'correction'),
  add constraint usage_events_reason_check check ((kind = 'correction') = (reason is not null));
comment on column usage_events.late is 'It came for a period that was closed, and counts in the one that was open.';
create index usage_events_noteworthy on usage_events (environment_id, id) where late or kind = 'correction';

alter table usage_records add column frozen_at timestamptz;
comment on column usage_records.frozen_at is 'Since when the events it is the sum of may be gone: it is not rebuilt any more.';

create table usage_rejections (
  environment_id text not null references environments (id),
  id text not null,
  idempotency_key text,
  customer text,
  meter text,
  value numeric,
  code text not null,
  reason text not null,
  received_at timestamptz not null,
  primary key (environment_id, id)
);
comment on table usage_rejections is 'The newest events that did not count, and why. For people to look at: not every one is kept.';
alter table usage_rejections enable row level security;
alter table usage_rejections force row level security;
create policy tenant on usage_rejections to billingos_api
  using (environment_id = (select app.environment_id()))
  with check (environment_id = (select app.environment_id()));
grant select on usage_rejections to billingos_api;
