-- Stores a verified event with the job that processes it. No row: no environment of this mode has that account.
create or replace function app.receive_stripe_event(
  for_mode text, for_account text, new_id text, new_job_id text, event_id text, event_type text, event_payload jsonb,
  at timestamptz
) returns table (environment_id text, created boolean)
language plpgsql security definer set search_path = ''
as $$
declare
  target text;
begin
  select a.environment_id into target
  from public.stripe_accounts a
  where a.mode = for_mode and a.stripe_account_id = for_account and a.disconnected_at is null;
  if target is null then
    return;
  end if;

  insert into public.webhook_events
    (environment_id, id, stripe_event_id, stripe_account_id, type, payload, state, received_at)
  values (target, new_id, event_id, for_account, event_type, event_payload, 'received', at)
  on conflict on constraint webhook_events_environment_id_stripe_event_id_key do nothing;
  if not found then
    return query select target, false;
    return;
  end if;

  insert into public.outbox (environment_id, id, name, queue, payload, state, available_at, created_at)
  values (target, new_job_id, 'webhooks.process_event', 'webhooks',
          jsonb_build_object('webhook_event_id', new_id), 'pending', at, at);
  return query select target, true;
end $$;

revoke execute on function app.receive_stripe_event from public;
grant execute on function app.receive_stripe_event to billingos_api;
