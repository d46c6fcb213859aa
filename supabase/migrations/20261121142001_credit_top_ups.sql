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

-- Customers of all environments whose balance is below what they want to have, and for whom nothing is being bought.
create function app.due_auto_top_ups(at timestamptz, max_rows int)
returns table (environment_id text, customer_id text)
language sql stable security definer set search_path = ''
as $$
  select a.environment_id, a.customer_id
  from public.credit_auto_top_ups a
  where a.enabled
    and a.below > (
      select coalesce(sum(g.remaining), 0) from public.credit_grants g
      where g.environment_id = a.environment_id and g.customer_id = a.customer_id and g.remaining > 0
        and g.effective_at <= at and (g.expires_at is null or g.expires_at > at))
    and not exists (
      select from public.credit_top_ups t
      where t.environment_id = a.environment_id and t.customer_id = a.customer_id and t.is_automatic
        and t.state in ('pending', 'open'))
  order by a.looked_at nulls first limit max_rows
$$;

-- As before; but the customer first. Who takes over what Stripe says locks the customer and then the pool, and what is
-- recorded refers to the customer: in the other order, the two would wait for each other.
create or replace function app.lock_credits(for_environment text, for_customer text, at timestamptz) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  perform from public.customers c where c.environment_id = for_environment and c.id = for_customer for key share;
  perform from public.credit_pools p
  where p.environment_id = for_environment and p.customer_id = for_customer for update;
  if not found then
    return false;
  end if;
  perform app.settle_credits(for_environment, for_customer, at);
  return true;
end $$;

-- Likewise.
create or replace function app.usage_before_credits(
  environment_ids text[], customer_ids text[], meter_ids text[], period_starts timestamptz[], at timestamptz
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  pool record;
begin
  perform from public.customers c
  where (c.environment_id, c.id) in (
    select p.environment_id, p.customer_id from public.credit_pools p
    join unnest(environment_ids, customer_ids) i (env, customer) on i.env = p.environment_id and i.customer = p.customer_id)
  order by c.environment_id, c.id
  for key share;
  for pool in
    select p.environment_id, p.customer_id from public.credit_pools p
    where (p.environment_id, p.customer_id) in (select i.env, i.customer from unnest(environment_ids, customer_ids) i (env, customer))
    order by p.environment_id, p.customer_id
    for update
  loop
    perform app.settle_credits(pool.environment_id, pool.customer_id, at);
  end loop;
  return (
    select jsonb_agg(jsonb_build_object(
             'environment_id', i.env, 'customer_id', i.customer, 'meter_id', i.meter, 'period_start', i.started,
             'used', coalesce(r.value, 0)) order by i.env, i.customer, i.meter, i.started)
    from (
      select distinct u.* from unnest(environment_ids, customer_ids, meter_ids, period_starts) u (env, customer, meter, started)
    ) i
    join public.credit_pools p on p.environment_id = i.env and p.customer_id = i.customer
    left join public.usage_records r
      on r.environment_id = i.env and r.customer_id = i.customer and r.meter_id = i.meter and r.period_start = i.started
    where i.meter is not null);
end $$;

revoke execute on function app.due_auto_top_ups(timestamptz, int) from public;
grant execute on function app.due_auto_top_ups(timestamptz, int) to billingos_api;
