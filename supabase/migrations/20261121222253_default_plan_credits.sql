-- Credits of the default plan, for customers without a subscription.

set local lock_timeout = '5s';

alter table credit_allowances alter column subscription_id drop not null;
create unique index credit_allowances_one_default on credit_allowances (environment_id, customer_id)
  where subscription_id is null;
comment on column credit_allowances.subscription_id is 'Null: the default plan''s, of a customer without a subscription.';
comment on column credit_allowances.slot is 'plan, default, or the id of an add-on: a change of plan changes the allowance, and does not begin another.';

alter table environments add column default_credits_of text;
comment on column environments.default_credits_of is 'The version of the default plan whose credits all customers have. Another is published or set: a sweep goes through them.';
