-- What a distinct value is remembered by.
create or replace function app.unique_value_hash(property text, properties jsonb) returns bytea
language sql immutable
as $$ select sha256(convert_to((properties -> property)::text, 'UTF8')) $$;

revoke execute on function app.unique_value_hash from public;
grant execute on function app.unique_value_hash to billingos_api;
