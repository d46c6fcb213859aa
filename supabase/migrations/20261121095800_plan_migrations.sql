-- Moving subscribers to the newest version of their plan.

set local lock_timeout = '5s';

create table plan_migrations (
  environment_id text not null references environments (id),
  id text not null,
  plan_id text not null,
  plan_version_id text not null,
  "when" text not null check ("when" in ('now', 'period_end')),
  proration text not null check (proration in ('invoice', 'next_invoice', 'none')),
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (environment_id, id),
  foreign key (environment_id, plan_id) references plans (environment_id, id),
  foreign key (environment_id, plan_version_id) references plan_versions (environment_id, id)
);
comment on table plan_migrations is 'A wish to move subscribers of a plan to the version that was its newest then.';

create table plan_migration_items (
  environment_id text not null references environments (id),
  id text not null,
  migration_id text not null,
  subscription_id text not null,
  state text not null check (state in ('pending', 'done', 'failed')),
  error text,
  settled_at timestamptz,
  primary key (environment_id, id),
  unique (environment_id, migration_id, subscription_id),
  foreign key (environment_id, migration_id) references plan_migrations (environment_id, id),
  foreign key (environment_id, subscription_id) references subscriptions (environment_id, id)
);
comment on table plan_migration_items is 'Each subscription of a migration, and what became of it.';
create index plan_migration_items_pending on plan_migration_items (environment_id, migration_id) where state = 'pending';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['plan_migrations', 'plan_migration_items'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert, update on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
