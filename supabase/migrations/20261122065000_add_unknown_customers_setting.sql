-- Whether use by a customer that was never seen makes one is a setting of the environment.

set local lock_timeout = '5s';

alter table environments add column usage_creates_customers boolean not null default true;
comment on column environments.usage_creates_customers is 'Whether a customer is created when the first use of one is reported or asked for. False: it is refused, and can be found among the rejected events.';
grant update (usage_creates_customers) on environments to billingos_api;
