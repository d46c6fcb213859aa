-- Ids that are made in SQL, for a Postgres without uuidv7(), which only version 18 has: the layout of RFC 9562, version 7,
-- with microseconds in its first random bits, so that ids of one connection are in order.

set local lock_timeout = '5s';

create function app.time_sorted_uuid() returns text
language sql volatile set search_path = ''
as $$
  select lpad(to_hex(at.us / 1000), 12, '0') || '7' || lpad(to_hex(at.us % 1000 * 4), 3, '0')
    || substr('89ab', 1 + (get_byte(random.bytes, 0) & 3), 1) || substr(encode(random.bytes, 'hex'), 2, 15)
  from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us) at,
       (select decode(replace(gen_random_uuid()::text, '-', ''), 'hex') as bytes) random
$$;

create or replace function app.credit_entry_id() returns text
language sql volatile set search_path = ''
as $$ select 'cent_' || app.time_sorted_uuid() $$;

create or replace function app.give_credits(
  for_environment text, for_customer text, from_source text, allowance public.credit_allowances, amount numeric,
  from_time timestamptz, until timestamptz
) returns void
language plpgsql set search_path = ''
as $$
declare
  new_id text := 'cgr_' || app.time_sorted_uuid();
begin
  insert into public.credit_grants
    (environment_id, id, customer_id, source, allowance_id, quantity, remaining, "interval", interval_count, effective_at,
     expires_at, created_at)
  values (for_environment, new_id, for_customer, from_source, allowance.id, amount, 0, allowance."interval",
          allowance.interval_count, from_time, until, from_time);
  perform app.move_credits(
    for_environment, new_id, case from_source when 'rollover' then 'rollover' else 'grant' end, amount, from_time, null,
    null);
end $$;

revoke execute on function app.time_sorted_uuid() from public;
grant execute on function app.time_sorted_uuid() to billingos_api;
