import { Injectable } from '@nestjs/common';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';

/** What subscriptions carry beside their items: discounts, the change to come, and who had a trial. */
@Injectable()
export class SubscriptionTermsRepository {
  constructor(private readonly database: Database) {}

  discounts(environmentId: string, subscriptionIds: string[]) {
    return this.database.q
      .selectFrom('subscription_discounts as d')
      .leftJoin('coupons as c', (join) =>
        join.onRef('c.environment_id', '=', 'd.environment_id').onRef('c.id', '=', 'd.coupon_id'),
      )
      .select([
        'd.subscription_id',
        'd.stripe_discount_id',
        'c.key as coupon',
        'd.name',
        'd.percent_off',
        'd.amount_off',
        'd.currency',
        'd.duration',
        'd.started_at',
        'd.ends_at',
      ])
      .where('d.environment_id', '=', environmentId)
      .where('d.subscription_id', 'in', atLeastOne(subscriptionIds))
      .orderBy('d.stripe_discount_id')
      .execute();
  }

  /** The coupons that Stripe's coupons are, of those it has of ours. */
  findCoupons(environmentId: string, stripeCouponIds: string[]) {
    return this.database.q
      .selectFrom('coupons')
      .select(['id', 'stripe_coupon_id'])
      .where('environment_id', '=', environmentId)
      .where('stripe_coupon_id', 'in', atLeastOne(stripeCouponIds))
      .execute();
  }

  /** Makes a subscription's discounts these and no others. */
  async replaceDiscounts(
    environmentId: string,
    subscriptionId: string,
    discounts: {
      id: string;
      coupon_id: string | null;
      stripe_discount_id: string;
      name: string | null;
      percent_off: number | null;
      amount_off: number | null;
      currency: string | null;
      duration: 'once' | 'repeating' | 'forever';
      started_at: Date;
      ends_at: Date | null;
    }[],
  ): Promise<void> {
    await this.database.q
      .deleteFrom('subscription_discounts')
      .where('environment_id', '=', environmentId)
      .where('subscription_id', '=', subscriptionId)
      .execute();
    if (discounts.length > 0) {
      await this.database.q
        .insertInto('subscription_discounts')
        .values(
          discounts.map((discount) => ({
            environment_id: environmentId,
            subscription_id: subscriptionId,
            ...discount,
          })),
        )
        .execute();
    }
  }

  scheduledChanges(environmentId: string, subscriptionIds: string[]) {
    return this.database.q
      .selectFrom('scheduled_changes as x')
      .innerJoin('plan_versions as v', (join) =>
        join.onRef('v.environment_id', '=', 'x.environment_id').onRef('v.id', '=', 'x.plan_version_id'),
      )
      .innerJoin('plans as p', (join) =>
        join.onRef('p.environment_id', '=', 'v.environment_id').onRef('p.id', '=', 'v.plan_id'),
      )
      .select([
        'x.subscription_id',
        'x.stripe_schedule_id',
        'x.plan_version_id',
        'x.items',
        'x.effective_at',
        'p.id as plan_id',
        'p.key as plan_key',
        'p.name as plan_name',
      ])
      .where('x.environment_id', '=', environmentId)
      .where('x.subscription_id', 'in', atLeastOne(subscriptionIds))
      .execute();
  }

  /** Makes this the change a subscription is to go through; undefined: none. */
  async replaceScheduledChange(
    environmentId: string,
    subscriptionId: string,
    change:
      | {
          id: string;
          stripe_schedule_id: string;
          plan_version_id: string;
          items: { price_id: string; quantity: number }[];
          effective_at: Date;
          created_at: Date;
        }
      | undefined,
  ): Promise<void> {
    await this.database.q
      .deleteFrom('scheduled_changes')
      .where('environment_id', '=', environmentId)
      .where('subscription_id', '=', subscriptionId)
      .execute();
    if (change !== undefined) {
      await this.database.q
        .insertInto('scheduled_changes')
        .values({
          environment_id: environmentId,
          subscription_id: subscriptionId,
          ...change,
          items: JSON.stringify(change.items),
        })
        .execute();
    }
  }

  /** Remembers that a customer had a trial in a group of plans. */
  async noteTrial(
    environmentId: string,
    trial: { customer_id: string; group: string; stripe_subscription_id: string; started_at: Date },
  ): Promise<void> {
    await this.database.q
      .insertInto('trials')
      .values({ environment_id: environmentId, ...trial })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  findTrial(environmentId: string, customerId: string, group: string) {
    return this.database.q
      .selectFrom('trials')
      .select(['started_at'])
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .where('group', '=', group)
      .executeTakeFirst();
  }

  settings(environmentId: string) {
    return this.database.q
      .selectFrom('subscription_settings')
      .select(['automatic_tax', 'tax_rates', 'reset_usage_on_upgrade', 'reset_usage_after_trial'])
      .where('environment_id', '=', environmentId)
      .executeTakeFirst();
  }

  async saveSettings(
    environmentId: string,
    settings: {
      automatic_tax: boolean;
      tax_rates: string[];
      reset_usage_on_upgrade: boolean;
      reset_usage_after_trial: boolean;
      updated_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('subscription_settings')
      .values({ environment_id: environmentId, ...settings })
      .onConflict((conflict) => conflict.columns(['environment_id']).doUpdateSet(settings))
      .execute();
  }
}
