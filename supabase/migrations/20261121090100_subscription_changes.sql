-- What a subscription can go through: trials, pauses, discounts, scheduled changes, payment trouble; and subscriptions
-- that BillingOS invoices itself.

set local lock_timeout = '5s';

alter table subscriptions
  alter column stripe_subscription_id drop not null,
  add column provider text not null default 'stripe' check (provider in ('stripe', 'manual')),
  add column trial_start timestamptz,
  add column trial_end timestamptz,
  add column paused_at timestamptz,
  add column resumes_at timestamptz,
  add column past_due_since timestamptz,
  add column suspended_since timestamptz,
  add column suspension text check (suspension in ('past_due', 'disputed')),
  add check ((provider = 'stripe') = (stripe_subscription_id is not null)),
  add check ((suspended_since is null) = (suspension is null)),
  add check ((trial_start is null) = (trial_end is null));
comment on column subscriptions.provider is 'Who invoices: Stripe, or BillingOS itself (manual).';
comment on column subscriptions.paused_at is 'Since when nothing is charged and nothing may be used.';
comment on column subscriptions.past_due_since is 'When the payment that is missing failed first.';
comment on column subscriptions.suspension is 'Why access is withheld though the subscription runs.';
create index subscriptions_past_due on subscriptions (environment_id, past_due_since)
  where past_due_since is not null and suspended_since is null;
create index subscriptions_by_trial_end on subscriptions (trial_end) where status = 'trialing';

create table subscription_discounts (
  environment_id text not null references environments (id),
  id text not null,
  subscription_id text not null,
  coupon_id text,
  stripe_discount_id text not null,
  name text,
  percent_off numeric,
  amount_off bigint,
  currency text,
  duration text not null check (duration in ('once', 'repeating', 'forever')),
  started_at timestamptz not null,
  ends_at timestamptz,
  primary key (environment_id, id),
  unique (environment_id, stripe_discount_id),
  foreign key (environment_id, subscription_id) references subscriptions (environment_id, id),
  foreign key (environment_id, coupon_id) references coupons (environment_id, id)
);
comment on table subscription_discounts is 'The discounts a subscription carries now, as Stripe has them.';
comment on column subscription_discounts.coupon_id is 'Null: of a coupon that was made on Stripe.';
create index subscription_discounts_by_subscription on subscription_discounts (environment_id, subscription_id);

create table scheduled_changes (
  environment_id text not null references environments (id),
  id text not null,
  subscription_id text not null,
  stripe_schedule_id text not null,
  plan_version_id text not null,
  items jsonb not null,
  effective_at timestamptz not null,
  created_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, subscription_id),
  foreign key (environment_id, subscription_id) references subscriptions (environment_id, id),
  foreign key (environment_id, plan_version_id) references plan_versions (environment_id, id)
);
comment on table scheduled_changes is 'What a subscription will change to, and when, as Stripe''s schedule has it. At most one; gone when it happened or was undone.';
comment on column scheduled_changes.items is '[{price_id, quantity}] as they will be.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['subscription_discounts', 'scheduled_changes'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert, update, delete on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
