import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import type { ItemChange, SoldItem } from '../../stripe/stripe.subscriptions.ts';
import { type Plan, PlansService } from '../catalog/plans.service.ts';
import {
  changeOf,
  type ChangeKind,
  type CurrentItem,
  isSameSale,
  itemSteps,
  type PlannedItem,
  withKeptPrices,
} from './change.ts';
import { GrantSubscription } from './grant-subscription.ts';
import { type OfferWish, quantityOf } from './offer.ts';
import { type AddOnWish, Sales } from './sale.ts';
import { isRunning } from './subscription.ts';
import {
  NothingToChange,
  PlanInOtherGroup,
  PreviewOutdated,
  SubscriptionEnded,
  SubscriptionNotOnStripe,
} from './subscriptions.errors.ts';
import { type Subscription, SubscriptionsService } from './subscriptions.service.ts';

/** What shall be different. What is not named stays. */
export interface ChangeWish extends OfferWish {
  plan?: string | undefined;
  quantity?: number | undefined;
  /** How many of each add-on there shall be; 0 takes one away. */
  add_ons?: { add_on: string; quantity: number }[] | undefined;
  /** Key of the coupon it shall carry; null: none. */
  coupon?: string | null | undefined;
  when?: 'now' | 'period_end' | undefined;
  proration?: 'invoice' | 'next_invoice' | 'none' | undefined;
  proration_at?: Date | undefined;
  reset_usage?: boolean | undefined;
}

/** A change as we and Stripe would carry it out. */
export interface PreparedChange {
  subscription: Subscription;
  stripe_subscription_id: string;
  stripe_schedule_id: string | null;
  kind: ChangeKind;
  when: 'now' | 'period_end';
  effective_at: Date;
  plan: Subscription['plan'];
  plan_version_id: string;
  items: ItemChange[];
  sold: SoldItem[];
  proration: 'invoice' | 'next_invoice' | 'none';
  proration_at: number;
  stripe_coupon_ids: string[] | undefined;
  entitlements: EntitlementDifference[];
}

interface EntitlementDifference {
  feature: string;
  before: Grant | null;
  after: Grant | null;
}
type Grant = { limit: number | null; value: string | null };

/** How long a preview holds: what was used and paid meanwhile may have changed it. */
const previewHoldsMs = 60 * 60 * 1_000;

/** Prepares a change: resolves what was named, says what kind of change it is, and refuses what cannot be. */
@Injectable()
export class PlanChange {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly plans: PlansService,
    private readonly sales: Sales,
    private readonly grants: GrantSubscription,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * Throws `SubscriptionNotFound`, `SubscriptionEnded`, `SubscriptionNotOnStripe`, `PlanNotFound`, `PlanInOtherGroup`,
   * a refusal about the price, an add-on or the coupon, `NothingToChange`, `PreviewOutdated`.
   */
  async prepare(environmentId: string, id: string, wish: ChangeWish): Promise<PreparedChange> {
    const subscription = await this.subscriptions.get(environmentId, id);
    if (!isRunning(subscription.status)) {
      throw new SubscriptionEnded(id);
    }
    const { stripe_subscription_id: stripeSubscriptionId } = subscription;
    if (stripeSubscriptionId === null) {
      throw new SubscriptionNotOnStripe(id);
    }
    const before = await this.plans.get(environmentId, subscription.plan.id);
    const after = wish.plan === undefined ? before : await this.plans.get(environmentId, wish.plan, 'plan');
    if (after.group !== before.group || after.type !== 'base') {
      throw new PlanInOtherGroup(after.key, before.group);
    }

    const current = currentItems(subscription);
    // A plan that is named is meant as it is sold now; a plan that is not named stays in its version.
    const versionId = wish.plan === undefined ? subscription.plan_version_id : after.version.id;
    const planned = await this.planned(environmentId, subscription, current, after, versionId, wish);
    const target = withKeptPrices(current, planned);
    if (isSameSale(current, target) && wish.coupon === undefined) {
      throw new NothingToChange(id);
    }
    const change = changeOf({ plan: before, items: current }, { plan: after, items: target });
    const when = wish.when ?? change.when;
    const prices = await this.sales.stripePrices(environmentId, target);
    const stripeIdOf = (priceId: string | undefined): string | null =>
      priceId === undefined ? null : (prices.get(priceId) ?? null);
    return {
      subscription,
      stripe_subscription_id: stripeSubscriptionId,
      stripe_schedule_id: subscription.stripe_schedule_id,
      kind: change.kind,
      when,
      effective_at: when === 'now' ? this.clock.now() : subscription.current_period_end,
      plan: { id: after.id, key: after.key, name: after.name },
      plan_version_id: versionId,
      items: itemSteps(current, target).map(({ price, ...step }) => ({
        ...step,
        stripe_price_id: stripeIdOf(price?.id),
      })),
      sold: await this.sales.onStripe(environmentId, target),
      proration: wish.proration ?? 'invoice',
      proration_at: this.prorationAt(subscription, wish.proration_at),
      stripe_coupon_ids: await this.coupons(environmentId, wish.coupon),
      entitlements: await this.differences(environmentId, current, target, subscription, versionId),
    };
  }

  private planned(
    environmentId: string,
    subscription: Subscription,
    current: CurrentItem[],
    after: Plan,
    versionId: string,
    wish: ChangeWish,
  ): Promise<PlannedItem[]> {
    const [first] = current;
    const base = current.filter((item) => item.plan_type === 'base');
    const sameTerms =
      wish.price !== undefined || first === undefined
        ? {}
        : {
            currency: first.price.currency,
            interval: first.price.interval,
            interval_count: wish.interval === undefined ? first.price.interval_count : 1,
          };
    const named = Object.fromEntries(
      Object.entries({
        price: wish.price,
        currency: wish.currency,
        interval: wish.interval,
        interval_count: wish.interval_count,
      }).filter(([, value]) => value !== undefined),
    );
    return this.sales.planned(
      environmentId,
      subscription.customer.id,
      { key: after.key, version: { id: versionId } },
      {
        ...sameTerms,
        ...named,
        quantity: wish.quantity ?? quantityOf(base),
        add_ons: addOnsAfter(current, wish.add_ons ?? []),
      },
    );
  }

  /** The second a change counts from, which is within the period: Stripe takes no other. */
  private prorationAt(subscription: Subscription, previewed: Date | undefined): number {
    const now = this.clock.now();
    const { current_period_start: start, current_period_end: end } = subscription;
    if (previewed !== undefined) {
      const age = now.getTime() - previewed.getTime();
      if (age > previewHoldsMs || age < -60_000 || previewed < start || previewed > end) {
        throw new PreviewOutdated();
      }
    }
    const at = previewed ?? now;
    return Math.floor(Math.min(Math.max(at.getTime(), start.getTime()), end.getTime()) / 1_000);
  }

  private async coupons(
    environmentId: string,
    key: string | null | undefined,
  ): Promise<string[] | undefined> {
    if (key === undefined) {
      return undefined;
    }
    const id = await this.sales.couponOnStripe(environmentId, key ?? undefined);
    return id === null ? [] : [id];
  }

  /** What the customer may do otherwise after the change, by the plans alone. */
  private async differences(
    environmentId: string,
    current: CurrentItem[],
    target: PlannedItem[],
    subscription: Subscription,
    versionId: string,
  ): Promise<EntitlementDifference[]> {
    const before = await this.grantsBy(environmentId, subscription.plan_version_id, current);
    const after = await this.grantsBy(environmentId, versionId, target);
    const features = new Set([...before.keys(), ...after.keys()]);
    return [...features].sort().flatMap((feature) => {
      const [old, fresh] = [before.get(feature) ?? null, after.get(feature) ?? null];
      const isSame = old?.limit === fresh?.limit && old?.value === fresh?.value;
      return isSame && (old === null) === (fresh === null) ? [] : [{ feature, before: old, after: fresh }];
    });
  }

  private async grantsBy(
    environmentId: string,
    versionId: string,
    items: PlannedItem[],
  ): Promise<Map<string, Grant>> {
    const counted = items.map((item) => ({ ...item, quantity: item.quantity ?? 1 }));
    const grants = await this.database.tenant(environmentId, () =>
      this.grants.combined(environmentId, versionId, counted),
    );
    return new Map(
      grants.map(({ feature, limit, value }) => [
        feature,
        { limit: limit === null ? null : Number(limit), value },
      ]),
    );
  }
}

function currentItems(subscription: Subscription): CurrentItem[] {
  return subscription.items.flatMap((item) => {
    const { stripe_subscription_item_id: id } = item;
    return id === null
      ? []
      : [
          {
            stripe_subscription_item_id: id,
            plan: item.plan,
            plan_type: item.plan_type,
            plan_version_id: item.plan_version_id,
            quantity: item.feature === null ? item.quantity : null,
            price: {
              id: item.price_id,
              type: item.type,
              feature: item.feature,
              currency: item.currency,
              interval: item.interval,
              interval_count: item.interval_count,
            },
          },
        ];
  });
}

/** How many of each add-on there shall be: those there are, and what is wished otherwise. */
function addOnsAfter(
  current: readonly CurrentItem[],
  wished: readonly { add_on: string; quantity: number }[],
): AddOnWish[] {
  const wishes = new Map<string, AddOnWish>();
  for (const { plan, plan_type: type, plan_version_id: versionId, quantity } of current) {
    if (type === 'add_on') {
      const known = wishes.get(plan)?.quantity ?? 0;
      wishes.set(plan, {
        add_on: plan,
        quantity: Math.max(known, quantity ?? 1),
        plan_version_id: versionId,
      });
    }
  }
  for (const { add_on: addOn, quantity } of wished) {
    wishes.set(addOn, { ...wishes.get(addOn), add_on: addOn, quantity });
  }
  return [...wishes.values()];
}
