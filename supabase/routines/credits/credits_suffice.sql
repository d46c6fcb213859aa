-- Whether what is left of the limit and the credits suffice for `asked` more, beside what is held already. The rule is
-- that of `check` in the API: what is held beyond a limit holds credits.
create or replace function app.credits_suffice(snapshot jsonb, feature_key text, asked numeric) returns boolean
language sql immutable set search_path = ''
as $$
  select coalesce(
    (snapshot -> 'features' -> feature_key) ? 'credit_cost'
    and (bool_or(f.key = feature_key and f.direct + f.held + asked <= f.most)
         or sum(
              (greatest(0, f.direct + f.held + case f.key when feature_key then asked else 0 end - f.most)
               - greatest(0, f.direct - f.most)) * f.cost
            ) <= (snapshot -> 'credits' ->> 'balance')::numeric), false)
  from (
    select s.key,
           (s.value ->> 'used')::numeric + coalesce((s.value #>> '{carried,quantity}')::numeric, 0)
             - (s.value ->> 'credit_units')::numeric as direct,
           (s.value ->> 'held')::numeric as held, (s.value ->> 'limit')::numeric as most,
           (s.value ->> 'credit_cost')::numeric as cost
    from jsonb_each(snapshot -> 'features') s
    where s.value ? 'credit_cost'
  ) f
$$;

revoke execute on function app.credits_suffice from public;
