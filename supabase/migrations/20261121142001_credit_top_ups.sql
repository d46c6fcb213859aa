-- Credits that customers buy: packs at a price, the purchases of them, and purchases that are made by themselves when the
-- balance is low.

set local lock_timeout = '5s';

create table credit_packs (
  environment_id text not null references environments (id),
  id text not null,
  key text not null,
  name text not null,
  credits numeric not null check (credits > 0),
  amount bigint not null check (amount > 0),
  currency text not null,
  expires_after_days int check (expires_after_days between 1 and 3650),
  archived_at timestamptz,
  created_at timestamptz not null,
  primary key (environment_id, id),
  unique (environment_id, key)
);
comment on table credit_packs is 'So many credits for so much. Its terms never change: another price is another pack.';

create table credit_top_ups (
  environment_id text not null references environments (id),
  id text not null,
  customer_id text not null,
  pack_id text not null,
  packs int not null check (packs > 0),
  credits numeric not null check (credits > 0),
  amount bigint not null check (amount > 0),
  currency text not null,
  expires_after_days int,
  idempotency_key text,
  is_automatic boolean not null,
  state text not null check (state in ('pending', 'open', 'paid', 'failed')),
  failure text,
  stripe_invoice_id text,
  created_at timestamptz not null,
  settled_at timestamptz,
  primary key (environment_id, id),
  unique (environment_id, idempotency_key),
  unique (environment_id, stripe_invoice_id),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, pack_id) references credit_packs (environment_id, id)
);
comment on table credit_top_ups is 'A purchase of packs. Its credits are given in the transaction that says that its invoice is paid.';
comment on column credit_top_ups.state is 'pending: not on Stripe yet. open: invoiced, and not paid yet. failed: its invoice is void.';
create index credit_top_ups_by_customer on credit_top_ups (environment_id, customer_id, id);
create unique index credit_top_ups_one_automatic on credit_top_ups (environment_id, customer_id)
  where is_automatic and state in ('pending', 'open');

create table credit_auto_top_ups (
  environment_id text not null references environments (id),
  customer_id text not null,
  pack_id text not null,
  below numeric not null check (below > 0),
  amount_max_per_month bigint not null check (amount_max_per_month > 0),
  times_max_per_hour int not null check (times_max_per_hour between 1 and 60),
  enabled boolean not null,
  set_at timestamptz not null,
  stopped_reason text,
  looked_at timestamptz,
  primary key (environment_id, customer_id),
  foreign key (environment_id, customer_id) references credit_pools (environment_id, customer_id),
  foreign key (environment_id, pack_id) references credit_packs (environment_id, id)
);
comment on table credit_auto_top_ups is 'Buys packs when the balance is below a bound, within a ceiling; a payment that fails turns it off.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['credit_packs', 'credit_top_ups', 'credit_auto_top_ups'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert, update on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
