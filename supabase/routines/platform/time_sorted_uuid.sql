-- An id that is made in SQL, for a Postgres without uuidv7(), which only version 18 has: the layout of RFC 9562, version 7,
-- with microseconds in its first random bits, so that ids of one connection are in order.
create or replace function app.time_sorted_uuid() returns text
language sql volatile set search_path = ''
as $$
  select lpad(to_hex(at.us / 1000), 12, '0') || '7' || lpad(to_hex(at.us % 1000 * 4), 3, '0')
    || substr('89ab', 1 + (get_byte(random.bytes, 0) & 3), 1) || substr(encode(random.bytes, 'hex'), 2, 15)
  from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us) at,
       (select decode(replace(gen_random_uuid()::text, '-', ''), 'hex') as bytes) random
$$;

revoke execute on function app.time_sorted_uuid from public;
grant execute on function app.time_sorted_uuid to billingos_api;
