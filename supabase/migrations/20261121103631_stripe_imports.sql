-- Taking over what an existing Stripe account sells and to whom.

set local lock_timeout = '5s';

create table stripe_imports (
  environment_id text not null references environments (id),
  id text not null,
  dry_run boolean not null,
  groups text not null check (groups in ('shared', 'per_plan')),
  state text not null check (state in ('running', 'done', 'failed')),
  phase text not null check (phase in ('products', 'customers', 'subscriptions', 'done')),
  cursor text,
  error text,
  started_at timestamptz not null,
  progressed_at timestamptz not null,
  finished_at timestamptz,
  primary key (environment_id, id),
  check ((state = 'running') = (finished_at is null))
);
comment on table stripe_imports is 'Imports of a Stripe account, or rehearsals of one. Phase and cursor say where to go on after a crash.';
create unique index stripe_imports_one_running on stripe_imports (environment_id) where state = 'running';

create table stripe_import_items (
  environment_id text not null references environments (id),
  id text not null,
  import_id text not null,
  kind text not null check (kind in ('product', 'price', 'customer', 'subscription')),
  stripe_id text not null,
  outcome text not null check (outcome in ('create', 'link', 'exists', 'skip')),
  object_id text,
  reason text,
  created_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, import_id, kind, stripe_id),
  foreign key (environment_id, import_id) references stripe_imports (environment_id, id)
);
comment on table stripe_import_items is 'What an import does, or in a rehearsal would do, with each object of Stripe, and why not more.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['stripe_imports', 'stripe_import_items'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert, update on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
