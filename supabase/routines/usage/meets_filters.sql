-- Whether all filters hold of an event's properties. One whose operator nobody knows holds of none. `in` and `not_in` of
-- the same values part the events in two: what lacks the property is not among the values.
create or replace function app.meets_filters(filters jsonb, properties jsonb) returns boolean
language sql immutable
as $$
  select coalesce(bool_and(coalesce(case f ->> 'operator'
    when 'eq' then properties -> (f ->> 'property') = f -> 'value'
    when 'in' then exists (
      select from jsonb_array_elements(f -> 'values') v where v = properties -> (f ->> 'property'))
    when 'not_in' then not exists (
      select from jsonb_array_elements(f -> 'values') v where v = properties -> (f ->> 'property'))
    when 'exists' then (coalesce(properties, '{}') ? (f ->> 'property')) = (f -> 'value')::boolean
  end, false)), true)
  from jsonb_array_elements(filters) f
$$;

revoke execute on function app.meets_filters from public;
