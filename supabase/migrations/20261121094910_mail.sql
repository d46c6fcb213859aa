-- What is sent to whom by mail: once, provably, and forgotten after a while.

set local lock_timeout = '5s';

create table emails (
  environment_id text not null references environments (id),
  id text not null,
  dedupe_key text not null check (length(dedupe_key) between 1 and 255),
  kind text not null check (kind ~ '^[a-z][a-z_]*(\.[a-z_]+)?$'),
  recipient text not null check (length(recipient) between 3 and 320),
  reply_to text,
  subject text not null check (length(subject) between 1 and 250),
  body text,
  state text not null check (state in ('pending', 'sent', 'failed')),
  error text,
  created_at timestamptz not null,
  sent_at timestamptz,
  purged_at timestamptz,
  primary key (environment_id, id),
  unique (environment_id, dedupe_key),
  check ((state = 'sent') = (sent_at is not null))
);
comment on table emails is 'Mails to the customers of a merchant. One for each dedupe key, whoever asks how often.';
comment on column emails.dedupe_key is 'What the mail is about: the same news is never told twice.';
comment on column emails.body is 'HTML and text, sealed: it names people and holds links that open something. Null once purged.';
comment on column emails.state is 'failed: the last attempt failed; the job in the list of jobs tries again.';
create index emails_to_purge on emails (created_at) where purged_at is null;

create table email_settings (
  environment_id text not null references environments (id),
  reply_to text check (length(reply_to) between 3 and 320),
  trial_ending boolean not null default true,
  trial_ended boolean not null default true,
  renewal boolean not null default true,
  subscription_started boolean not null default false,
  subscription_ended boolean not null default false,
  payment_recovery boolean not null default true,
  updated_at timestamptz not null,
  primary key (environment_id)
);
comment on table email_settings is 'Which mails a merchant''s customers get, and who is answered. No row: as the defaults say.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['emails', 'email_settings'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert, update on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
