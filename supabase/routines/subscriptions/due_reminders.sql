-- What subscriptions are to tell their customers now. What was told, or is not wanted, or has nobody to go to, is not here.
create or replace function app.due_reminders(at timestamptz, max_rows int)
returns table (environment_id text, subscription_id text, kind text, dedupe_key text)
language sql stable security definer set search_path = ''
as $$
  select due.environment_id, due.id, due.kind, due.dedupe_key
  from (
    select s.environment_id, s.id, s.customer_id, 'trial_ending' as kind,
           'trial_ending:' || s.id || ':' || extract(epoch from s.trial_end)::bigint as dedupe_key
    from public.subscriptions s
    where s.status = 'trialing' and s.cancel_at is null
      and s.trial_end > at and s.trial_end <= at + interval '3 days'
    union all
    select s.environment_id, s.id, s.customer_id, 'trial_ended',
           'trial_ended:' || s.id || ':' || extract(epoch from s.trial_end)::bigint
    from public.subscriptions s
    where s.trial_end <= at and s.trial_end > at - interval '3 days' and s.status <> 'trialing'
      and (s.ended_at is null or s.ended_at >= s.trial_end)
    union all
    select s.environment_id, s.id, s.customer_id, 'renewal',
           'renewal:' || s.id || ':' || extract(epoch from s.current_period_end)::bigint
    from public.subscriptions s
    where s.status = 'active' and s.cancel_at is null
      and s.current_period_end > at and s.current_period_end <= at + interval '7 days'
      and s.current_period_end - s.current_period_start > interval '360 days'
    union all
    select s.environment_id, s.id, s.customer_id, 'subscription_started', 'subscription_started:' || s.id
    from public.subscriptions s
    where s.status in ('active', 'trialing') and s.created_at > at - interval '3 days'
    union all
    select s.environment_id, s.id, s.customer_id, 'subscription_ended',
           'subscription_ended:' || s.id || ':' || extract(epoch from s.ended_at)::bigint
    from public.subscriptions s
    where s.status = 'canceled' and s.ended_at > at - interval '3 days'
  ) due
  join public.customers c on c.environment_id = due.environment_id and c.id = due.customer_id
  left join public.email_settings w on w.environment_id = due.environment_id
  where c.email is not null
    and case due.kind
      when 'trial_ending' then coalesce(w.trial_ending, true)
      when 'trial_ended' then coalesce(w.trial_ended, true)
      when 'renewal' then coalesce(w.renewal, true)
      when 'subscription_started' then coalesce(w.subscription_started, false)
      else coalesce(w.subscription_ended, false)
    end
    and not exists (
      select from public.emails e where e.environment_id = due.environment_id and e.dedupe_key = due.dedupe_key)
  limit max_rows
$$;

revoke execute on function app.due_reminders from public;
grant execute on function app.due_reminders to billingos_api;
