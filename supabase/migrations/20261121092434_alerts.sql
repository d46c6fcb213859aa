-- What somebody should know about: alerts in the dashboard, and where else they are told.

set local lock_timeout = '5s';

create table alerts (
  environment_id text not null references environments (id),
  id text not null,
  kind text not null check (kind ~ '^[a-z][a-z_]*(\.[a-z_]+)?$'),
  severity text not null check (severity in ('info', 'warning', 'critical')),
  title text not null check (length(title) between 1 and 200),
  detail text not null check (length(detail) <= 2000),
  target_type text not null,
  target_id text not null,
  dedupe_key text not null check (length(dedupe_key) between 1 and 255),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  read_at timestamptz,
  resolved_at timestamptz,
  primary key (environment_id, id)
);
comment on table alerts is 'What a merchant should look at. One for each cause while it lasts.';
comment on column alerts.dedupe_key is 'The cause. While its alert is open, it is told again by changing that one.';
comment on column alerts.resolved_at is 'When the cause was gone, or somebody said that it is dealt with.';
create unique index alerts_one_open on alerts (environment_id, dedupe_key) where resolved_at is null;

create table notification_settings (
  environment_id text not null references environments (id),
  slack_webhook_url text,
  updated_at timestamptz not null,
  primary key (environment_id)
);
comment on table notification_settings is 'Where alerts of an environment are told beside the dashboard.';
comment on column notification_settings.slack_webhook_url is 'Sealed: whoever knows the address can write to the channel.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['alerts', 'notification_settings'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert, update on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
