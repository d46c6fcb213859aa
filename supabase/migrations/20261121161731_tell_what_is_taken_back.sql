-- What is taken back of a sum is told to Stripe as a negative quantity, and values that are told whole arrive in order.

set local lock_timeout = '5s';

alter table usage_forwards drop constraint usage_forwards_quantity_check;
alter table usage_forwards add constraint usage_forwards_quantity_check check (quantity >= 0 or not absolute) not valid;
comment on column usage_forwards.quantity is 'Negative: a correction took back more than was used. Stripe bills what is left, or nothing.';
create index usage_forwards_absolute_sending on usage_forwards (environment_id, customer_id, meter_id)
  where absolute and state = 'sending';
