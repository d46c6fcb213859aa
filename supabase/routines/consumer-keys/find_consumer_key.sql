-- Everything a verification needs to know about a key, in one statement. No row: no such key in this environment.
create or replace function app.find_consumer_key(for_environment text, key_hash bytea)
returns table (
  id text, name text, version bigint, customer_id text, external_id text, project_id text, project_name text,
  quota_feature text, scopes text[], meta jsonb, enabled boolean, expires_at timestamptz, revoked_at timestamptz,
  key_limit int, key_window_seconds int, project_limit int, project_window_seconds int, customer_limit int,
  customer_window_seconds int, plan text
)
language sql stable security definer set search_path = ''
as $$
  select k.id, k.name, k.version, k.customer_id, c.external_id, k.project_id, p.name, f.key, k.scopes, k.meta, k.enabled,
         k.expires_at, k.revoked_at,
         coalesce(k.rate_limit, s.key_limit), coalesce(k.rate_window_seconds, s.key_window_seconds),
         p.rate_limit, p.rate_window_seconds, s.customer_limit, s.customer_window_seconds,
         coalesce(
           (select pl.key
            from public.subscriptions sub
            join public.plans pl on pl.environment_id = sub.environment_id and pl.id = sub.plan_id
            where sub.environment_id = k.environment_id and sub.customer_id = k.customer_id and pl.type = 'base'
              and sub.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused')
            order by pl.rank desc, sub.id desc limit 1),
           (select pl.key
            from public.environments e
            join public.plans pl on pl.environment_id = e.id and pl.id = e.default_plan_id
            where e.id = k.environment_id))
  from public.consumer_keys k
  join public.customers c on c.environment_id = k.environment_id and c.id = k.customer_id
  left join public.projects p on p.environment_id = k.environment_id and p.id = k.project_id
  left join public.features f on f.environment_id = p.environment_id and f.id = p.quota_feature_id
  left join public.consumer_key_settings s on s.environment_id = k.environment_id
  where k.environment_id = for_environment and k.hash = key_hash
$$;

revoke execute on function app.find_consumer_key from public;
grant execute on function app.find_consumer_key to billingos_api;
