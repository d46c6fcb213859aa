-- Customers of all environments whose balance is below what they want to have, and for whom nothing is being bought.
create or replace function app.due_auto_top_ups(at timestamptz, max_rows int)
returns table (environment_id text, customer_id text)
language sql stable security definer set search_path = ''
as $$
  select a.environment_id, a.customer_id
  from public.credit_auto_top_ups a
  where a.enabled
    and a.below > (
      select coalesce(sum(g.remaining), 0) from public.credit_grants g
      where g.environment_id = a.environment_id and g.customer_id = a.customer_id and g.remaining > 0
        and g.effective_at <= at and (g.expires_at is null or g.expires_at > at))
    and not exists (
      select from public.credit_top_ups t
      where t.environment_id = a.environment_id and t.customer_id = a.customer_id and t.is_automatic
        and t.state in ('pending', 'open'))
  order by a.looked_at nulls first limit max_rows
$$;

revoke execute on function app.due_auto_top_ups from public;
grant execute on function app.due_auto_top_ups to billingos_api;
