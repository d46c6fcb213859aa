-- Whose key has this hash, revoked and expired or not. No row: nobody's.
create or replace function app.authenticate_api_key(key_hash bytea)
returns table (
  environment_id text, mode text, key_id text, key_name text, type text, expires_at timestamptz,
  revoked_at timestamptz, allowed_origins text[]
)
language sql stable security definer set search_path = ''
as $$
  select k.environment_id, e.mode, k.id, k.name, k.type, k.expires_at, k.revoked_at, k.allowed_origins
  from public.api_keys k
  join public.environments e on e.id = k.environment_id
  where k.hash = key_hash
$$;

revoke execute on function app.authenticate_api_key from public;
grant execute on function app.authenticate_api_key to billingos_api;
