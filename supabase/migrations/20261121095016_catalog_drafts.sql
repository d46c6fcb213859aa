-- Drafts of plan versions can be thrown away, published ones not; coupon keys are the same in capitals.

set local lock_timeout = '5s';

grant delete on plan_versions to billingos_api;
create policy only_drafts_go on plan_versions as restrictive for delete to billingos_api
  using (published_at is null);
create policy only_drafts_go on prices as restrictive for delete to billingos_api
  using (
    exists (
      select from plan_versions v
      where v.environment_id = prices.environment_id and v.id = prices.plan_version_id and v.published_at is null
    )
  );
create policy only_drafts_go on plan_features as restrictive for delete to billingos_api
  using (
    exists (
      select from plan_versions v
      where v.environment_id = plan_features.environment_id and v.id = plan_features.plan_version_id
        and v.published_at is null
    )
  );

alter table coupons drop constraint coupons_environment_id_key_key;
create unique index coupons_by_key on coupons (environment_id, lower(key));
create index prices_by_customer on prices (environment_id, customer_id) where customer_id is not null;
create index prices_by_version on prices (environment_id, plan_version_id);
