-- Keeps what was refused, and of each environment the newest `keep` only.
create or replace function app.note_rejected_usage(
  environment_ids text[], ids text[], keys text[], customers text[], meters text[], quantities numeric[], codes text[],
  reasons text[], keep int, at timestamptz
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.usage_rejections
    (environment_id, id, idempotency_key, customer, meter, value, code, reason, received_at)
  select i.*, at
  from unnest(environment_ids, ids, keys, customers, meters, quantities, codes, reasons) i;
  delete from public.usage_rejections r
  using (select distinct e.id as env from unnest(environment_ids) e (id)) touched
  cross join lateral (
    select o.id from public.usage_rejections o
    where o.environment_id = touched.env order by o.id desc offset keep limit 1
  ) oldest
  where r.environment_id = touched.env and r.id <= oldest.id;
end $$;

revoke execute on function app.note_rejected_usage from public;
grant execute on function app.note_rejected_usage to billingos_api;
