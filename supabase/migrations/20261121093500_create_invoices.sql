-- What customers are asked for, how it was paid, and what went back: invoices, payments, credit notes, refunds, disputes.

set local lock_timeout = '5s';

create table invoices (
  environment_id text not null references environments (id),
  id text not null,
  provider text not null check (provider in ('stripe', 'manual')),
  customer_id text not null,
  subscription_id text,
  stripe_invoice_id text,
  number text check (length(number) <= 100),
  status text not null check (status in ('draft', 'open', 'paid', 'void', 'uncollectible')),
  billing_reason text not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  subtotal bigint not null,
  discount_total bigint not null default 0,
  tax_total bigint not null default 0,
  total bigint not null,
  credit_applied bigint not null default 0,
  amount_due bigint not null,
  amount_paid bigint not null default 0,
  amount_remaining bigint not null,
  amount_refunded bigint not null default 0 check (amount_refunded >= 0),
  amount_credited bigint not null default 0,
  period_start timestamptz,
  period_end timestamptz,
  due_at timestamptz,
  issued_at timestamptz,
  paid_at timestamptz,
  voided_at timestamptz,
  uncollectible_at timestamptz,
  attempt_count int not null default 0,
  next_attempt_at timestamptz,
  hosted_invoice_url text,
  paying_by text,
  paying_until timestamptz,
  stripe_sequence bigint not null default 0,
  payments_sequence bigint not null default 0,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, stripe_invoice_id),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, subscription_id) references subscriptions (environment_id, id),
  check ((provider = 'stripe') = (stripe_invoice_id is not null)),
  check ((paying_by is null) = (paying_until is null))
);
comment on table invoices is 'What customers are asked for: as Stripe has it, or BillingOS''s own (manual). Amounts are integer minor units.';
comment on column invoices.credit_applied is 'What the customer''s credit balance took off (positive), or a debit added (negative).';
comment on column invoices.amount_credited is 'Taken back by credit notes after it was paid.';
comment on column invoices.paying_by is 'Who has the only right to try a payment now; the outcome is unknown until it is given back.';
comment on column invoices.paying_until is 'From when somebody else may find out on Stripe what became of it.';
comment on column invoices.stripe_sequence is 'Counts the states taken over, so that an older answer is not written over a newer one.';
comment on column invoices.payments_sequence is 'The same for its refunds and disputes.';
create unique index invoices_one_number on invoices (environment_id, number) where provider = 'manual';
create index invoices_by_customer on invoices (environment_id, customer_id, id);
create index invoices_by_subscription on invoices (environment_id, subscription_id, id) where subscription_id is not null;
create index invoices_by_status on invoices (environment_id, status, id);

create table invoice_lines (
  environment_id text not null references environments (id),
  id text not null,
  invoice_id text not null,
  stripe_line_id text,
  position int not null,
  kind text not null check (kind in ('recurring', 'usage', 'proration', 'tax', 'discount', 'manual')),
  description text,
  quantity numeric not null,
  unit_amount numeric,
  amount bigint not null,
  discount_amount bigint not null default 0,
  tax_amount bigint not null default 0,
  price_id text,
  period_start timestamptz,
  period_end timestamptz,
  is_proration boolean not null default false,
  primary key (environment_id, id),
  unique (environment_id, invoice_id, stripe_line_id),
  foreign key (environment_id, invoice_id) references invoices (environment_id, id),
  foreign key (environment_id, price_id) references prices (environment_id, id)
);
comment on table invoice_lines is 'What an invoice is made of. The amounts of its lines add up to its subtotal.';
comment on column invoice_lines.unit_amount is 'Minor units of one, exact. Null where one price does not say it.';
create index invoice_lines_by_invoice on invoice_lines (environment_id, invoice_id, position);

create table payments (
  environment_id text not null references environments (id),
  id text not null,
  invoice_id text not null,
  stripe_payment_intent_id text not null,
  stripe_charge_id text not null,
  status text not null check (status in ('pending', 'succeeded', 'failed')),
  amount bigint not null,
  amount_refunded bigint not null default 0,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  method_type text,
  card_brand text,
  card_last4 text check (card_last4 ~ '^[0-9]{4}$'),
  failure_code text,
  failure_message text,
  is_disputed boolean not null default false,
  created_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, stripe_charge_id),
  foreign key (environment_id, invoice_id) references invoices (environment_id, id),
  check (amount_refunded between 0 and amount)
);
comment on table payments is 'Attempts to pay an invoice, as Stripe has them.';
create index payments_by_invoice on payments (environment_id, invoice_id, id);
create index payments_by_intent on payments (environment_id, stripe_payment_intent_id);

create table credit_notes (
  environment_id text not null references environments (id),
  id text not null,
  invoice_id text not null,
  provider text not null check (provider in ('stripe', 'manual')),
  stripe_credit_note_id text,
  number text,
  status text not null check (status in ('issued', 'void')),
  reason text check (reason in ('duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory')),
  memo text,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  amount bigint not null check (amount > 0),
  before_payment boolean not null,
  credit_amount bigint not null default 0 check (credit_amount >= 0),
  refund_amount bigint not null default 0 check (refund_amount >= 0),
  out_of_band_amount bigint not null default 0 check (out_of_band_amount >= 0),
  created_at timestamptz not null,
  voided_at timestamptz,
  primary key (environment_id, id),
  unique (environment_id, stripe_credit_note_id),
  foreign key (environment_id, invoice_id) references invoices (environment_id, id),
  check ((provider = 'stripe') = (stripe_credit_note_id is not null))
);
comment on table credit_notes is 'What was taken back of an invoice: an entry of its own, the invoice stays as it was issued.';
comment on column credit_notes.before_payment is 'It lowered what was still due. Otherwise money, credit or something else went back.';
create index credit_notes_by_invoice on credit_notes (environment_id, invoice_id, id);

create table refunds (
  environment_id text not null references environments (id),
  id text not null,
  invoice_id text not null,
  payment_id text,
  stripe_refund_id text not null,
  status text not null check (status in ('pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
  amount bigint not null check (amount > 0),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  reason text,
  failure_reason text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, stripe_refund_id),
  foreign key (environment_id, invoice_id) references invoices (environment_id, id),
  foreign key (environment_id, payment_id) references payments (environment_id, id)
);
comment on table refunds is 'Money given back, as Stripe has it. One that failed counts for nothing.';
create index refunds_by_invoice on refunds (environment_id, invoice_id, id);

create table disputes (
  environment_id text not null references environments (id),
  id text not null,
  invoice_id text not null,
  payment_id text,
  stripe_dispute_id text not null,
  status text not null check (status in (
    'warning_needs_response', 'warning_under_review', 'warning_closed',
    'needs_response', 'under_review', 'appeal_needs_response', 'appeal_under_review',
    'won', 'lost', 'prevented')),
  reason text not null,
  amount bigint not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  evidence_due_at timestamptz,
  has_evidence boolean not null default false,
  closed_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, stripe_dispute_id),
  foreign key (environment_id, invoice_id) references invoices (environment_id, id),
  foreign key (environment_id, payment_id) references payments (environment_id, id)
);
comment on table disputes is 'Payments that the holder of the card questions at the bank. A warning is an inquiry: no money moved.';
create index disputes_by_invoice on disputes (environment_id, invoice_id, id);
create index disputes_by_status on disputes (environment_id, status, id);

create table payment_settings (
  environment_id text not null references environments (id),
  dispute_policy text not null default 'suspend' check (dispute_policy in ('suspend', 'keep')),
  updated_at timestamptz not null,
  primary key (environment_id)
);
comment on table payment_settings is 'What payments and their troubles do to access. No row: as the defaults say.';
comment on column payment_settings.dispute_policy is 'suspend: access is withheld while a dispute is open, and the subscription ends when it is lost. keep: nothing changes.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array[
    'invoices', 'invoice_lines', 'payments', 'credit_notes', 'refunds', 'disputes', 'payment_settings'
  ] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert, update on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
-- The lines of a draft change until it is issued.
grant delete on invoice_lines to billingos_api;
