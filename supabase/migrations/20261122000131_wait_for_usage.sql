-- A renewal on Stripe waits as a draft until the last use of its period is told, and what comes later is on the next one.

set local lock_timeout = '5s';

alter table invoices
  add column usage_due_at timestamptz,
  add check (usage_due_at is null or provider = 'stripe');
comment on column invoices.usage_due_at is 'A draft that waits for the last use of its period: when it is looked at next. Null: it waits for none.';
create index invoices_usage_due on invoices (usage_due_at) where usage_due_at is not null;

create table usage_billed (
  environment_id text not null references environments (id),
  customer_id text not null,
  meter_id text not null,
  billed_until timestamptz not null,
  primary key (environment_id, customer_id, meter_id),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, meter_id) references meters (environment_id, id)
);
comment on table usage_billed is 'Until when a customer''s use of a meter is on invoices of Stripe that are issued. What is told of a time before it nobody is charged for.';
alter table usage_billed enable row level security;
alter table usage_billed force row level security;
create policy tenant on usage_billed to billingos_api
  using (environment_id = (select app.environment_id()))
  with check (environment_id = (select app.environment_id()));
grant select, insert, update on usage_billed to billingos_api;

-- By whom and of what time, whatever became of them.
create index usage_forwards_by_time on usage_forwards (environment_id, customer_id, meter_id, bucket);
drop index usage_forwards_absolute;

-- It says more of what it takes.
drop function if exists app.claim_usage_forwards(timestamptz, interval, int, text[]);
