-- How subscriptions are sold, by environment; and items of subscriptions that Stripe does not know.

set local lock_timeout = '5s';

alter table subscription_items alter column stripe_subscription_item_id drop not null;
comment on column subscription_items.stripe_subscription_item_id is 'Null: of a subscription that BillingOS invoices itself.';

create table subscription_settings (
  environment_id text not null references environments (id),
  automatic_tax boolean not null default false,
  tax_rates text[] not null default '{}' check (cardinality(tax_rates) <= 5),
  updated_at timestamptz not null,
  primary key (environment_id)
);
comment on table subscription_settings is 'How an environment sells. No row: as the defaults say.';
comment on column subscription_settings.automatic_tax is 'Stripe computes the tax, by the customer''s address.';
comment on column subscription_settings.tax_rates is 'Stripe tax rates put on every new subscription, where tax is not automatic.';

alter table subscription_settings enable row level security;
alter table subscription_settings force row level security;
create policy tenant on subscription_settings to billingos_api
  using (environment_id = (select app.environment_id()))
  with check (environment_id = (select app.environment_id()));
grant select, insert, update on subscription_settings to billingos_api;
