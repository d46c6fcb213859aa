-- Why a meter does not count an event; null when it does.
create or replace function app.why_uncounted(filters jsonb, aggregation text, property text, properties jsonb) returns text
language sql immutable
as $$
  select case
    when not app.meets_filters(filters, properties) then 'filtered'
    when property is null then null
    when coalesce(jsonb_typeof(properties -> property), 'null') = 'null' then 'property_missing'
    when aggregation = 'unique' then null
    when jsonb_typeof(properties -> property) <> 'number' then 'property_not_a_quantity'
    -- What an event's own value may be.
    when (properties ->> property)::numeric between 0 and 999999999999999
      and scale(trim_scale((properties ->> property)::numeric)) <= 12 then null
    else 'property_not_a_quantity'
  end
$$;

revoke execute on function app.why_uncounted from public;
