-- Comparing what we know with what Stripe says, and the events that did not arrive by themselves.

set local lock_timeout = '5s';

create table reconciliation_runs (
  environment_id text not null references environments (id),
  id text not null,
  trigger text not null check (trigger in ('schedule', 'manual', 'connected')),
  state text not null check (state in ('running', 'done', 'failed')),
  phase text not null,
  cursor text,
  compared_since timestamptz,
  checked jsonb not null default '{}',
  found int not null default 0,
  repaired int not null default 0,
  requests int not null default 0,
  error text,
  started_at timestamptz not null,
  progressed_at timestamptz not null,
  finished_at timestamptz,
  primary key (environment_id, id),
  check ((state = 'running') = (finished_at is null))
);
comment on table reconciliation_runs is 'Comparisons of everything with Stripe. Cursor and phase say where to go on after a crash.';
comment on column reconciliation_runs.compared_since is 'When the last finished run began: what Stripe lists by time is listed from there, with an overlap.';
comment on column reconciliation_runs.checked is 'How many objects of each kind were compared.';
comment on column reconciliation_runs.requests is 'How many requests to Stripe it took.';
create unique index reconciliation_runs_one_running on reconciliation_runs (environment_id) where state = 'running';
create index reconciliation_runs_by_start on reconciliation_runs (environment_id, started_at);

create table reconciliation_seen (
  environment_id text not null references environments (id),
  run_id text not null,
  stripe_id text not null,
  primary key (environment_id, run_id, stripe_id),
  foreign key (environment_id, run_id) references reconciliation_runs (environment_id, id)
);
comment on table reconciliation_seen is 'What Stripe listed in a run that is under way: what of ours is not among it, Stripe no longer has. Emptied at its end.';

create table discrepancies (
  environment_id text not null references environments (id),
  id text not null,
  run_id text not null,
  kind text not null check (kind in ('customer', 'subscription', 'invoice', 'entitlement', 'meter', 'catalog')),
  cause text not null check (cause in ('missing_here', 'differs', 'missing_on_stripe', 'grants_differ', 'meter_drift')),
  object_id text,
  stripe_object_id text,
  before jsonb not null,
  after jsonb not null,
  note text,
  found_at timestamptz not null,
  repaired_at timestamptz,
  primary key (environment_id, id),
  unique nulls not distinct (environment_id, run_id, kind, object_id, stripe_object_id),
  foreign key (environment_id, run_id) references reconciliation_runs (environment_id, id)
);
comment on table discrepancies is 'Where we and Stripe said different things: what we said, what Stripe says, and whether it is repaired.';
comment on column discrepancies.before is 'What we said. Ids, states and times; nothing personal.';
comment on column discrepancies.after is 'What Stripe says.';

alter table stripe_accounts
  add column events_listed_until timestamptz,
  add column events_healed_at timestamptz,
  add column events_due_at timestamptz;
comment on column stripe_accounts.events_listed_until is 'By Stripe''s clock: the newest event that was seen when they were listed last.';
comment on column stripe_accounts.events_healed_at is 'When the events of the last hour were listed whole.';
comment on column stripe_accounts.events_due_at is 'When they are listed next.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['reconciliation_runs', 'reconciliation_seen', 'discrepancies'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
grant update on reconciliation_runs, discrepancies to billingos_api;
grant delete on reconciliation_seen to billingos_api;
