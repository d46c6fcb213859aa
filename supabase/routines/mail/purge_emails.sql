-- Bodies and addresses of mails that nobody will ask about any more.
create or replace function app.purge_emails(before timestamptz, at timestamptz, max_rows int)
returns bigint
language sql security definer set search_path = ''
as $$
  with old as (
    select e.environment_id, e.id from public.emails e
    where e.purged_at is null and e.created_at < before
    order by e.created_at limit max_rows for update skip locked
  ), purged as (
    update public.emails e
    set body = null, recipient = 'purged', reply_to = null, purged_at = at
    from old where e.environment_id = old.environment_id and e.id = old.id
    returning 1
  )
  select count(*) from purged
$$;

revoke execute on function app.purge_emails from public;
grant execute on function app.purge_emails to billingos_api;
