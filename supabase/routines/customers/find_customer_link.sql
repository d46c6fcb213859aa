-- Whose link a token is. No row: wrong, expired or for something else; the caller cannot tell which.
create or replace function app.find_customer_link(hash bytea, for_purpose text, at timestamptz)
returns table (environment_id text, id text, recovery_id text, customer_id text, return_url text)
language sql stable security definer set search_path = ''
as $$
  select l.environment_id, l.id, l.recovery_id, l.customer_id, l.return_url
  from public.customer_links l
  where l.token_hash = hash and l.purpose = for_purpose and l.expires_at > at
$$;

revoke execute on function app.find_customer_link from public;
grant execute on function app.find_customer_link to billingos_api;
