-- Whether a customer's use of a meter at a point in time is of a trial: nobody is charged for it, so that its period takes
-- it however late it comes, and it goes on no later invoice.
create or replace function app.is_of_trial(for_environment text, for_customer text, for_meter text, at timestamptz)
returns boolean
language sql stable
as $$
  select exists (
    select from public.subscriptions s
    where s.environment_id = for_environment and at >= s.trial_start and at < s.trial_end
      -- As app.usage_period: of several subscriptions the first says which periods count.
      and s.id = (
        select e.subscription_id
        from public.entitlements e
        join public.features f on f.environment_id = e.environment_id and f.id = e.feature_id
        where e.environment_id = for_environment and e.customer_id = for_customer and f.meter_id = for_meter
        order by e.granted_at, e.id
        limit 1))
$$;

revoke execute on function app.is_of_trial from public;
