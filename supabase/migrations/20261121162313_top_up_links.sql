-- Links by which a customer buys credits without an account, beside those of mails; and with what a purchase is to be paid.

set local lock_timeout = '5s';

alter table customer_links drop constraint customer_links_purpose_check;
alter table customer_links add constraint customer_links_purpose_check check (purpose in ('pay', 'survey', 'top_up'));
alter table customer_links alter column recovery_id drop not null;
alter table customer_links add column customer_id text;
alter table customer_links add column return_url text;
alter table customer_links add foreign key (environment_id, customer_id) references customers (environment_id, id);
alter table customer_links add check ((purpose = 'top_up') = (customer_id is not null));
alter table customer_links add check ((purpose = 'top_up') = (recovery_id is null));
comment on table customer_links is 'What a link opens that lets a customer in without an account. The token itself is in the link and nowhere else.';
comment on column customer_links.customer_id is 'Who buys credits by it.';
comment on column customer_links.return_url is 'Where the customer goes when they are done.';

alter table credit_top_ups add column payment_method text;
comment on column credit_top_ups.payment_method is 'Of Stripe, with which it is paid whoever finishes it. Null: the customer''s default.';
-- What was refused to a customer lately is counted before more is tried.
create index credit_top_ups_refused on credit_top_ups (environment_id, customer_id, created_at) where state = 'failed';

drop function if exists app.find_customer_link(bytea, text, timestamptz);
