-- Web pages from which a publishable key may be used.

set local lock_timeout = '5s';

alter table api_keys add column allowed_origins text[] not null default '{}';
alter table api_keys add constraint api_keys_origins_of_publishable
  check (type = 'publishable' or allowed_origins = '{}');
comment on column api_keys.allowed_origins is 'Origins of web pages that may use a publishable key. Empty: any.';

drop function app.authenticate_api_key(bytea);
create function app.authenticate_api_key(key_hash bytea)
returns table (
  environment_id text, mode text, key_id text, key_name text, type text, revoked_at timestamptz, allowed_origins text[]
)
language sql stable security definer set search_path = ''
as $$
  select k.environment_id, e.mode, k.id, k.name, k.type, k.revoked_at, k.allowed_origins
  from public.api_keys k
  join public.environments e on e.id = k.environment_id
  where k.hash = key_hash
$$;
revoke execute on function app.authenticate_api_key(bytea) from public;
grant execute on function app.authenticate_api_key(bytea) to billingos_api;
