import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { Log } from '../../platform/log.ts';
import type { SubscriptionState } from '../../stripe/stripe.subscriptions.ts';
import { AuditService } from '../audit/audit.service.ts';
import { PlansService } from '../catalog/plans.service.ts';
import { EntitlementsService } from '../entitlements/entitlements.service.ts';
import { OnboardingService } from '../merchants/onboarding.service.ts';
import { accessOf, isRunning } from './subscription.ts';
import { SubscriptionsRepository } from './subscriptions.repository.ts';

type PlanVersion = NonNullable<Awaited<ReturnType<PlansService['findVersion']>>>;

/**
 * Makes our rows say what Stripe says: the subscription, its items, and what its customer may do, in the open
 * transaction, whose customer is locked. Taking over the same state twice changes nothing.
 */
@Injectable()
export class TakeOverSubscription {
  constructor(
    private readonly database: Database,
    private readonly subscriptions: SubscriptionsRepository,
    private readonly plans: PlansService,
    private readonly entitlements: EntitlementsService,
    private readonly onboarding: OnboardingService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** True when something changed. */
  async apply(environmentId: string, customerId: string, state: SubscriptionState): Promise<boolean> {
    if (!this.database.isTransactionOpen) {
      throw new Error('A subscription is taken over in the transaction that locks its customer.');
    }
    const version =
      state.plan_version_id === undefined
        ? undefined
        : await this.plans.findVersion(environmentId, state.plan_version_id);
    if (version === undefined) {
      // Made on Stripe by somebody else: not ours to manage.
      this.log.info('subscription.foreign', { stripe_subscription_id: state.stripe_subscription_id });
      return false;
    }

    const before = await this.subscriptions.findByStripeId(environmentId, state.stripe_subscription_id);
    const duplicateOf = await this.duplicateOf(environmentId, customerId, version.group, before?.id, state);
    const fields = {
      plan_id: version.plan_id,
      plan_version_id: version.id,
      group: version.group,
      status: state.status,
      duplicate_of: duplicateOf,
      billing_anchor: state.billing_anchor,
      current_period_start: state.current_period_start,
      current_period_end: state.current_period_end,
      cancel_at: state.cancel_at,
      canceled_at: state.canceled_at,
      ended_at: state.ended_at,
    };
    const items = await this.itemsOf(environmentId, state);
    if (before !== undefined && (await this.isSame(environmentId, before, fields, items))) {
      return false;
    }

    const id = before?.id ?? newId('subscription');
    if (before === undefined) {
      await this.subscriptions.insert(environmentId, {
        id,
        customer_id: customerId,
        stripe_subscription_id: state.stripe_subscription_id,
        ...fields,
        created_at: state.created_at,
        updated_at: this.clock.now(),
      });
    } else {
      await this.subscriptions.update(environmentId, id, { ...fields, updated_at: this.clock.now() });
    }
    await this.subscriptions.replaceItems(environmentId, id, items);
    await this.grant(environmentId, customerId, id, fields, version, items[0]);
    await this.audit.record(environmentId, {
      action: before === undefined ? 'subscription.created' : 'subscription.updated',
      target: { type: 'subscription', id },
      ...(before === undefined ? {} : { before: { status: before.status, cancel_at: before.cancel_at } }),
      after: { status: state.status, cancel_at: state.cancel_at, plan: version.key },
    });
    if (isRunning(state.status)) {
      await this.onboarding.complete(environmentId, 'first_subscription');
    }
    return true;
  }

  /** A second paid subscription in a group is recorded and grants nothing, rather than lost or granted twice. */
  private async duplicateOf(
    environmentId: string,
    customerId: string,
    group: string,
    ownId: string | undefined,
    state: SubscriptionState,
  ): Promise<string | null> {
    if (!isRunning(state.status)) {
      return null;
    }
    const running = await this.subscriptions.findRunning(environmentId, customerId, group);
    if (running === undefined || running.id === ownId) {
      return null;
    }
    this.log.error('subscription.duplicate', {
      stripe_subscription_id: state.stripe_subscription_id,
      subscription_id: running.id,
    });
    return running.id;
  }

  private async itemsOf(environmentId: string, state: SubscriptionState) {
    const prices = await this.subscriptions.findPrices(
      environmentId,
      state.items.map((item) => item.stripe_price_id),
    );
    return state.items.flatMap((item) => {
      const price = prices.find(({ stripe_price_id: id }) => id === item.stripe_price_id);
      return price === undefined
        ? []
        : [
            {
              id: newId('subscription_item'),
              price_id: price.id,
              quantity: item.quantity,
              stripe_subscription_item_id: item.stripe_subscription_item_id,
              interval: price.interval,
              interval_count: price.interval_count,
            },
          ];
    });
  }

  private async isSame(
    environmentId: string,
    before: NonNullable<Awaited<ReturnType<SubscriptionsRepository['findByStripeId']>>>,
    fields: object,
    items: { price_id: string; quantity: number; stripe_subscription_item_id: string }[],
  ): Promise<boolean> {
    const known = await this.subscriptions.items(environmentId, [before.id]);
    const describe = (list: typeof items): string =>
      list
        .map((item) => `${item.stripe_subscription_item_id} ${item.price_id} ${item.quantity}`)
        .sort()
        .join();
    const kept = Object.fromEntries(Object.keys(fields).map((name) => [name, Reflect.get(before, name)]));
    return JSON.stringify(kept) === JSON.stringify(fields) && describe(known) === describe(items);
  }

  private async grant(
    environmentId: string,
    customerId: string,
    subscriptionId: string,
    fields: { status: SubscriptionState['status']; duplicate_of: string | null; billing_anchor: Date },
    version: PlanVersion,
    period: { interval: 'day' | 'week' | 'month' | 'year'; interval_count: number } | undefined,
  ): Promise<void> {
    const access = fields.duplicate_of === null ? accessOf(fields.status) : 'none';
    await this.entitlements.grant(
      environmentId,
      customerId,
      subscriptionId,
      access === 'none' || period === undefined
        ? []
        : version.features.map((feature) => ({
            id: newId('entitlement'),
            customer_id: customerId,
            feature_id: feature.feature_id,
            subscription_id: subscriptionId,
            limit: feature.limit,
            overage: feature.overage,
            value: feature.value,
            rank: version.rank,
            suspended: access === 'withheld',
            billing_anchor: fields.billing_anchor,
            interval: period.interval,
            interval_count: period.interval_count,
            granted_at: this.clock.now(),
          })),
    );
  }
}
