-- Winning back payments that failed: the loop, what it may do, and the links its mails carry.

set local lock_timeout = '5s';

create table recovery_settings (
  environment_id text not null references environments (id),
  owner text not null default 'billingos' check (owner in ('billingos', 'stripe')),
  retry_days int[] not null default '{3,6,10}' check (cardinality(retry_days) between 1 and 8),
  grace_days int check (grace_days between 0 and 21),
  final_action text not null default 'cancel' check (final_action in ('cancel', 'pause', 'keep')),
  survey boolean not null default true,
  updated_at timestamptz not null,
  primary key (environment_id)
);
comment on table recovery_settings is 'How an environment wins back payments that failed. No row: as the defaults say.';
comment on column recovery_settings.owner is 'Who tries again. stripe: BillingOS tells, and leaves the attempts to Stripe.';
comment on column recovery_settings.retry_days is 'Days after the first failure, ascending.';
comment on column recovery_settings.grace_days is 'How long access stays after the first failure. Null: until the recovery has ended.';

create table recoveries (
  environment_id text not null references environments (id),
  id text not null,
  invoice_id text not null,
  customer_id text not null,
  subscription_id text not null,
  state text not null check (state in ('recovering', 'recovered', 'failed', 'stopped')),
  owner text not null check (owner in ('billingos', 'stripe')),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  amount bigint not null,
  recovered_amount bigint not null default 0,
  failures int not null check (failures >= 1),
  attempts int not null default 0,
  attempt_began_at timestamptz,
  attempt_began_count int,
  decline_code text,
  is_hard_decline boolean not null default false,
  failed_payment_method text,
  tried_payment_method text,
  next_attempt_at timestamptz,
  announced_attempt_at timestamptz,
  suspended_at timestamptz,
  final_action text check (final_action in ('cancel', 'pause', 'keep')),
  due_at timestamptz,
  first_failed_at timestamptz not null,
  ended_at timestamptz,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, invoice_id),
  foreign key (environment_id, invoice_id) references invoices (environment_id, id),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, subscription_id) references subscriptions (environment_id, id),
  check ((state = 'recovering') = (ended_at is null)),
  check (state = 'recovering' or due_at is null),
  check ((attempt_began_at is null) = (attempt_began_count is null))
);
comment on table recoveries is 'The one loop that owns an invoice whose payment failed.';
comment on column recoveries.failures is 'How often a payment of the invoice failed, as Stripe counts.';
comment on column recoveries.attempts is 'How many of the planned attempts are behind us.';
comment on column recoveries.attempt_began_count is 'How many attempts Stripe had counted when ours began: more tell that it happened, though we crashed.';
comment on column recoveries.failed_payment_method is 'What was charged when it failed; another one is worth an attempt at once.';
comment on column recoveries.announced_attempt_at is 'Which attempt the customer was told about.';
comment on column recoveries.due_at is 'When to look again. Null: only when something happens.';
create index recoveries_due on recoveries (due_at) where due_at is not null;
create index recoveries_by_state on recoveries (environment_id, state, id);
create index recoveries_by_customer on recoveries (environment_id, customer_id) where state = 'recovering';

create table win_backs (
  environment_id text not null references environments (id),
  recovery_id text not null,
  reason text not null check (reason in ('too_expensive', 'missing_features', 'switched', 'not_used', 'problems', 'other')),
  comment text check (length(comment) <= 2000),
  would_return boolean,
  created_at timestamptz not null,
  primary key (environment_id, recovery_id),
  foreign key (environment_id, recovery_id) references recoveries (environment_id, id)
);
comment on table win_backs is 'What a customer who was lost answered. Once.';

create table customer_links (
  environment_id text not null references environments (id),
  id text not null,
  token_hash bytea not null unique,
  purpose text not null check (purpose in ('pay', 'survey')),
  recovery_id text not null,
  card_forms int not null default 0,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  primary key (environment_id, id),
  foreign key (environment_id, recovery_id) references recoveries (environment_id, id)
);
comment on table customer_links is 'What a link in a mail opens. The token itself is in the mail and nowhere else.';
comment on column customer_links.token_hash is 'SHA-256 of a token of 256 random bits.';
comment on column customer_links.card_forms is 'Counts the card forms that were used up: each has a Stripe setup intent of its own.';
create index invoices_failed on invoices (environment_id, id)
  where provider = 'stripe' and status = 'open' and attempt_count > 0;
create index subscriptions_by_ended_trial on subscriptions (trial_end) where trial_end is not null;
create index subscriptions_by_renewal on subscriptions (current_period_end) where status = 'active';
create index subscriptions_by_start on subscriptions (created_at);
create index subscriptions_by_end on subscriptions (ended_at) where ended_at is not null;

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['recovery_settings', 'recoveries', 'win_backs', 'customer_links'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert, update on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
