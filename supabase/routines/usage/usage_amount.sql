-- How much an event that counts is: one, its value, or what its property says; null where that is no number. A correction
-- is what it says itself.
create or replace function app.usage_amount(kind text, aggregation text, property text, value numeric, properties jsonb)
returns numeric
language sql immutable
as $$
  select case
    when kind = 'correction' then value
    when aggregation in ('count', 'unique') then 1
    when property is null then value
    -- It is asked of events that turn out not to count, too.
    when jsonb_typeof(properties -> property) = 'number' then (properties ->> property)::numeric
  end
$$;

revoke execute on function app.usage_amount from public;
grant execute on function app.usage_amount to billingos_api;
