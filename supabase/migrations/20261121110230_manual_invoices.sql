-- Invoices that BillingOS writes itself, for customers who do not pay through Stripe.

set local lock_timeout = '5s';

alter table subscriptions
  add column billed_until timestamptz,
  add column billing_due_at timestamptz,
  add check (provider = 'manual' or (billed_until is null and billing_due_at is null));
comment on column subscriptions.billed_until is 'Of a manual one: the end of the last period that was charged in advance. Null: none yet.';
comment on column subscriptions.billing_due_at is 'Of a manual one: when to look what is to be invoiced. Null: nothing any more.';
create index subscriptions_by_billing_due on subscriptions (billing_due_at) where billing_due_at is not null;

alter table invoice_lines add column subscription_id text;
comment on column invoice_lines.subscription_id is 'Of a manual invoice: what it charges, so that no period is charged twice.';
create unique index invoice_lines_one_per_period on invoice_lines
  (environment_id, subscription_id, price_id, period_start) nulls not distinct
  where kind in ('recurring', 'usage') and subscription_id is not null and not is_proration;
create unique index invoices_one_per_period on invoices (environment_id, subscription_id, period_start)
  where provider = 'manual' and subscription_id is not null;

create table invoice_settings (
  environment_id text not null references environments (id),
  seller_name text check (length(seller_name) <= 200),
  seller_address text check (length(seller_address) <= 1000),
  seller_tax_id text check (length(seller_tax_id) <= 100),
  prefix text not null default 'INV' check (prefix ~ '^[A-Z0-9]{1,12}$'),
  tax_rate numeric not null default 0 check (tax_rate between 0 and 100),
  tax_label text not null default 'Tax' check (length(tax_label) between 1 and 40),
  payment_terms_days int not null default 14 check (payment_terms_days between 0 and 365),
  notes text check (length(notes) <= 2000),
  last_number bigint not null default 0,
  last_credit_note_number bigint not null default 0,
  updated_at timestamptz not null,
  primary key (environment_id)
);
comment on table invoice_settings is 'What manual invoices say of the seller, and how many there were. No row: as the defaults say.';
comment on column invoice_settings.last_number is 'Counted up in the transaction that issues an invoice: without gaps, never used again.';

create table manual_invoices (
  environment_id text not null references environments (id),
  invoice_id text not null,
  seller_name text not null,
  seller_address text,
  seller_tax_id text,
  customer_name text,
  customer_email text,
  tax_rate numeric not null,
  tax_label text not null,
  notes text,
  payment_reference text check (length(payment_reference) <= 200),
  primary key (environment_id, invoice_id),
  foreign key (environment_id, invoice_id) references invoices (environment_id, id)
);
comment on table manual_invoices is 'What a manual invoice said when it was issued, whatever the settings became; and how it was paid.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['invoice_settings', 'manual_invoices'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert, update on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
