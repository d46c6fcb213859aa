import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId, newIdOf } from '../../platform/ids.ts';
import { Log } from '../../platform/log.ts';
import type { SubscriptionState } from '../../stripe/stripe.subscription-state.ts';
import { AuditService } from '../audit/audit.service.ts';
import { PlansService } from '../catalog/plans.service.ts';
import { OnboardingService } from '../merchants/onboarding.service.ts';
import { CarryUsage } from './carry-usage.ts';
import { GrantSubscription } from './grant-subscription.ts';
import { isRunning } from './subscription.ts';
import { SubscriptionTermsRepository } from './subscription-terms.repository.ts';
import { SubscriptionsRepository } from './subscriptions.repository.ts';

type Row = NonNullable<Awaited<ReturnType<SubscriptionsRepository['find']>>>;
type Price = Awaited<ReturnType<PlansService['findPrices']>>[number];

/** How a subscription stands beside its row, told in our ids. */
interface Terms {
  items: { price_id: string; quantity: number; stripe_subscription_item_id: string }[];
  discounts: ({ coupon_id: string | null } & Omit<
    SubscriptionState['discounts'][number],
    'stripe_coupon_id'
  >)[];
  scheduled:
    | {
        stripe_schedule_id: string;
        plan_version_id: string;
        items: { price_id: string; quantity: number }[];
        effective_at: Date;
      }
    | undefined;
}

/**
 * Makes our rows say what Stripe says: the subscription, its items, discounts and schedule, and what its customer may
 * do, in the open transaction, whose customer is locked. Taking over the same state twice changes nothing.
 */
@Injectable()
export class TakeOverSubscription {
  constructor(
    private readonly database: Database,
    private readonly subscriptions: SubscriptionsRepository,
    private readonly terms: SubscriptionTermsRepository,
    private readonly plans: PlansService,
    private readonly grants: GrantSubscription,
    private readonly carries: CarryUsage,
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
    const prices = await this.pricesOf(environmentId, state);
    const versionId = versionOf(state.items, prices) ?? state.plan_version_id;
    const version =
      versionId === undefined ? undefined : await this.plans.findVersion(environmentId, versionId);
    if (version === undefined) {
      // Made on Stripe by somebody else: not ours to manage.
      this.log.info('subscription.foreign', { stripe_subscription_id: state.stripe_subscription_id });
      return false;
    }

    const before = await this.subscriptions.findByStripeId(environmentId, state.stripe_subscription_id);
    const fields = {
      plan_id: version.plan_id,
      plan_version_id: version.id,
      group: version.group,
      status: state.status,
      duplicate_of: await this.duplicateOf(environmentId, customerId, version.group, before?.id, state),
      billing_anchor: state.billing_anchor,
      current_period_start: state.current_period_start,
      current_period_end: state.current_period_end,
      trial_start: state.trial_end === null ? null : state.trial_start,
      trial_end: state.trial_start === null ? null : state.trial_end,
      resumes_at: state.resumes_at,
      cancel_at: state.cancel_at,
      canceled_at: state.canceled_at,
      ended_at: state.ended_at,
      ...this.since(before, state.status),
    };
    const terms: Terms = {
      items: itemsOf(state.items, prices),
      discounts: await this.discountsOf(environmentId, state),
      scheduled: scheduledOf(state, prices, version.id),
    };
    if (before !== undefined && (await this.isSame(environmentId, before, fields, terms))) {
      return false;
    }

    const id = before?.id ?? newIdOf('subscription', state.created_at);
    const termBefore = await this.carries.termOf(environmentId, id);
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
    await this.writeTerms(environmentId, id, terms);
    if (state.trial_start !== null) {
      await this.terms.noteTrial(environmentId, {
        customer_id: customerId,
        group: version.group,
        stripe_subscription_id: state.stripe_subscription_id,
        started_at: state.trial_start,
      });
    }
    await this.carries.apply(environmentId, { id, customer_id: customerId }, termBefore);
    await this.grants.apply(environmentId, id);
    await this.audit.record(environmentId, {
      action: before === undefined ? 'subscription.created' : 'subscription.updated',
      target: { type: 'subscription', id },
      ...(before === undefined
        ? {}
        : { before: { status: before.status, cancel_at: before.cancel_at, plan: before.plan_key } }),
      after: { status: state.status, cancel_at: state.cancel_at, plan: version.key },
    });
    if (isRunning(state.status)) {
      await this.onboarding.complete(environmentId, 'first_subscription');
    }
    return true;
  }

  /** The moments that Stripe does not tell: when we first saw it so. */
  private since(before: Row | undefined, status: SubscriptionState['status']) {
    const isPastDue = status === 'past_due' || status === 'unpaid';
    // Late beyond the grace policy ends with being late; a dispute goes on whatever the status.
    const suspension =
      isRunning(status) && (isPastDue || before?.suspension !== 'past_due')
        ? (before?.suspension ?? null)
        : null;
    return {
      paused_at: status === 'paused' ? (before?.paused_at ?? this.clock.now()) : null,
      past_due_since: isPastDue ? (before?.past_due_since ?? this.clock.now()) : null,
      suspension,
      suspended_since: suspension === null ? null : (before?.suspended_since ?? this.clock.now()),
    };
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

  private async pricesOf(environmentId: string, state: SubscriptionState): Promise<Map<string, Price>> {
    const named = [...state.items, ...(state.schedule?.next?.items ?? [])];
    const rows = await this.plans.findPrices(environmentId, {
      stripe_ids: named.map((item) => item.stripe_price_id),
    });
    return new Map(rows.map((row) => [row.stripe_price_id ?? '', row]));
  }

  private async discountsOf(environmentId: string, state: SubscriptionState): Promise<Terms['discounts']> {
    const coupons = await this.terms.findCoupons(
      environmentId,
      state.discounts.map((discount) => discount.stripe_coupon_id),
    );
    return state.discounts
      .map(({ stripe_coupon_id: couponId, ...discount }) => ({
        ...discount,
        coupon_id: coupons.find((coupon) => coupon.stripe_coupon_id === couponId)?.id ?? null,
      }))
      .toSorted((a, b) => a.stripe_discount_id.localeCompare(b.stripe_discount_id));
  }

  private async isSame(
    environmentId: string,
    before: Row,
    fields: object,
    { items, discounts, scheduled }: Terms,
  ): Promise<boolean> {
    const kept = Object.fromEntries(Object.keys(fields).map((name) => [name, Reflect.get(before, name)]));
    if (!isDeepStrictEqual(kept, fields)) {
      return false;
    }
    const knownItems = await this.subscriptions.items(environmentId, [before.id]);
    const describe = (list: Terms['items']): string =>
      list
        .map((item) => `${item.stripe_subscription_item_id} ${item.price_id} ${item.quantity}`)
        .sort()
        .join();
    if (describe(knownItems.flatMap(ofStripe)) !== describe(items)) {
      return false;
    }
    const knownDiscounts = await this.terms.discounts(environmentId, [before.id]);
    const redemption = (discount: { stripe_discount_id: string; ends_at: Date | null }): string =>
      `${discount.stripe_discount_id} ${discount.ends_at?.toISOString() ?? ''}`;
    if (knownDiscounts.map(redemption).join() !== discounts.map(redemption).join()) {
      return false;
    }
    const [known] = await this.terms.scheduledChanges(environmentId, [before.id]);
    return (
      known?.stripe_schedule_id === scheduled?.stripe_schedule_id &&
      known?.effective_at.getTime() === scheduled?.effective_at.getTime() &&
      isDeepStrictEqual(known?.items, scheduled?.items)
    );
  }

  private async writeTerms(
    environmentId: string,
    id: string,
    { items, discounts, scheduled }: Terms,
  ): Promise<void> {
    await this.subscriptions.replaceItems(
      environmentId,
      id,
      items.map((item) => ({ id: newId('subscription_item'), ...item })),
    );
    await this.terms.replaceDiscounts(
      environmentId,
      id,
      discounts.map((discount) => ({ id: newId('subscription_discount'), ...discount })),
    );
    await this.terms.replaceScheduledChange(
      environmentId,
      id,
      scheduled && { id: newId('scheduled_change'), ...scheduled, created_at: this.clock.now() },
    );
  }
}

/** The version a subscription is on: that of the price of a base plan among its items. */
export function versionOf(
  items: SubscriptionState['items'],
  prices: ReadonlyMap<string, Price>,
): string | undefined {
  return items.map((item) => prices.get(item.stripe_price_id)).find((price) => price?.plan_type === 'base')
    ?.plan_version_id;
}

/** What we know the price of: an item that somebody added on Stripe with a price of their own is not ours to show. */
export function itemsOf(
  items: SubscriptionState['items'],
  prices: ReadonlyMap<string, Price>,
): Terms['items'] {
  return items.flatMap((item) => {
    const price = prices.get(item.stripe_price_id);
    return price === undefined
      ? []
      : [
          {
            price_id: price.id,
            quantity: item.quantity,
            stripe_subscription_item_id: item.stripe_subscription_item_id,
          },
        ];
  });
}

export function scheduledOf(
  { schedule, items }: SubscriptionState,
  prices: ReadonlyMap<string, Price>,
  versionId: string,
): Terms['scheduled'] {
  const next = schedule?.next;
  if (schedule === undefined || next === undefined) {
    return undefined;
  }
  const same = (a: { stripe_price_id: string; quantity: number }): boolean =>
    items.some((b) => a.stripe_price_id === b.stripe_price_id && a.quantity === b.quantity);
  if (next.items.length === items.length && next.items.every(same)) {
    return undefined;
  }
  const known = next.items.flatMap((item) => {
    const price = prices.get(item.stripe_price_id);
    return price === undefined ? [] : [{ price, quantity: item.quantity }];
  });
  return {
    stripe_schedule_id: schedule.stripe_schedule_id,
    plan_version_id:
      known.find(({ price }) => price.plan_type === 'base')?.price.plan_version_id ?? versionId,
    items: known.map(({ price, quantity }) => ({ price_id: price.id, quantity })),
    effective_at: next.effective_at,
  };
}

function ofStripe<T extends { stripe_subscription_item_id: string | null }>(item: T) {
  const { stripe_subscription_item_id: id } = item;
  return id === null ? [] : [{ ...item, stripe_subscription_item_id: id }];
}
