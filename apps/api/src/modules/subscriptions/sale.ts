import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import { Connections } from '../../stripe/connections.ts';
import { hasDefaultPaymentMethod } from '../../stripe/stripe.customers.ts';
import type { NewSubscription, SoldItem, Trial } from '../../stripe/stripe.subscriptions.ts';
import { CouponsService } from '../catalog/coupons.service.ts';
import { type Plan, PlansService } from '../catalog/plans.service.ts';
import { SyncCatalog } from '../catalog/sync-catalog.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { StripeCustomers } from '../customers/stripe-customers.ts';
import type { PlannedItem } from './change.ts';
import { itemsOf, type OfferedPrice, offerOf, type OfferWish } from './offer.ts';
import { SubscriptionSettings } from './subscription-settings.service.ts';
import { SubscriptionTermsRepository } from './subscription-terms.repository.ts';
import {
  AlreadySubscribed,
  NotABasePlan,
  NotAnAddOn,
  PlanArchived,
  TrialUsed,
} from './subscriptions.errors.ts';
import { SubscriptionsService } from './subscriptions.service.ts';
import { SyncCustomer } from './sync-customer.ts';

export interface AddOnWish {
  add_on: string;
  quantity: number;
  /** The version it is had in already. Undefined: as it is sold now. */
  plan_version_id?: string | undefined;
}

export interface SaleWish extends OfferWish {
  customer: string;
  plan: string;
  quantity: number;
  add_ons: AddOnWish[];
  /** Key of a coupon. */
  coupon?: string | undefined;
  /** Undefined: a trial, where the plan has one and the customer had none yet. */
  trial?: boolean | undefined;
}

/** What is to be sold to whom, as both know it: we and Stripe. */
export interface Sale extends NewSubscription {
  customer: { id: string; name: string };
  group: string;
}

/** What an intent to sell keeps of a sale. */
export const soldParams = z.object({
  customer_id: z.string(),
  stripe_customer_id: z.string(),
  plan_version_id: z.string(),
  items: z.array(z.object({ stripe_price_id: z.string(), quantity: z.int().nullable() })),
  trial: z.object({ days: z.int(), requires_card: z.boolean(), end: z.enum(['cancel', 'pause']) }).nullable(),
  stripe_coupon_id: z.string().nullable(),
  taxation: z.object({ automatic: z.boolean(), tax_rates: z.array(z.string()) }),
});

/** Prepares a sale: resolves what was named, refuses what cannot be, and puts on Stripe what is not there yet. */
@Injectable()
export class Sales {
  constructor(
    private readonly database: Database,
    private readonly customers: CustomersService,
    private readonly stripeCustomers: StripeCustomers,
    private readonly plans: PlansService,
    private readonly coupons: CouponsService,
    private readonly catalog: SyncCatalog,
    private readonly subscriptions: SubscriptionsService,
    private readonly terms: SubscriptionTermsRepository,
    private readonly settings: SubscriptionSettings,
    private readonly connections: Connections,
    private readonly syncCustomer: SyncCustomer,
  ) {}

  /**
   * Throws `CustomerNotFound`, `PlanNotFound`, a refusal about the price, the add-ons, the coupon or the trial,
   * `AlreadySubscribed`, `StripeNotConnected`, `StripeUnavailable`.
   */
  async prepare(environmentId: string, wish: SaleWish): Promise<Sale> {
    const customer = await this.customers.get(environmentId, wish.customer, 'customer');
    const plan = await this.plans.get(environmentId, wish.plan, 'plan');
    if (plan.type !== 'base') {
      throw new NotABasePlan(plan.key);
    }
    if (plan.archived_at !== null) {
      throw new PlanArchived(plan.key);
    }
    const items = await this.planned(environmentId, customer.id, plan, wish);
    if (customer.unsynced_since !== null) {
      // They may have paid for a checkout that we have not heard of: do not sell it twice.
      await this.syncCustomer.sync(environmentId, customer.id);
    }
    const running = await this.subscriptions.findRunning(environmentId, customer.id, plan.group);
    if (running !== undefined) {
      throw new AlreadySubscribed(wish.customer, running);
    }
    return {
      customer: { id: customer.id, name: wish.customer },
      group: plan.group,
      plan_version_id: plan.version.id,
      trial: await this.trial(environmentId, customer.id, plan, wish.trial),
      items: await this.onStripe(environmentId, items),
      stripe_coupon_id: await this.couponOnStripe(environmentId, wish.coupon),
      stripe_customer_id: await this.stripeCustomers.ensure(environmentId, customer),
      taxation: await this.settings.taxation(environmentId),
    };
  }

  /** What a plan's offer and the add-ons come to as items, with the customer's own prices. */
  async planned(
    environmentId: string,
    customerId: string,
    plan: Pick<Plan, 'key'> & { version: { id: string } },
    wish: OfferWish & Pick<SaleWish, 'quantity' | 'add_ons'>,
  ): Promise<PlannedItem[]> {
    const prices = await this.plans.pricesFor(environmentId, plan.version.id, customerId);
    const offer = offerOf({ key: plan.key, prices }, wish);
    const items: PlannedItem[] = itemsOf(offer, wish.quantity).map((item) => ({
      ...item,
      plan: plan.key,
      plan_type: 'base',
      plan_version_id: plan.version.id,
    }));
    const [first] = offer;
    for (const [index, addOn] of wish.add_ons.entries()) {
      if (addOn.quantity > 0 && first !== undefined) {
        const param = `add_ons.${index}.add_on`;
        items.push(...(await this.plannedAddOn(environmentId, customerId, addOn, first, param)));
      }
    }
    return items;
  }

  /** An add-on, at the price it has in the currency and interval of what it is added to. */
  private async plannedAddOn(
    environmentId: string,
    customerId: string,
    wish: AddOnWish,
    { currency, interval, interval_count }: OfferedPrice,
    param: string,
  ): Promise<PlannedItem[]> {
    const addOn = await this.plans.get(environmentId, wish.add_on, param);
    if (addOn.type !== 'add_on') {
      throw new NotAnAddOn(addOn.key, param);
    }
    if (addOn.archived_at !== null && wish.plan_version_id === undefined) {
      throw new PlanArchived(addOn.key);
    }
    const versionId = wish.plan_version_id ?? addOn.version.id;
    const prices = await this.plans.pricesFor(environmentId, versionId, customerId);
    const offer = offerOf({ key: addOn.key, prices }, { currency, interval, interval_count });
    return itemsOf(offer, wish.quantity).map((item) => ({
      ...item,
      plan: addOn.key,
      plan_type: 'add_on',
      plan_version_id: versionId,
    }));
  }

  /** The same items as Stripe knows them; what is not there yet is put there. */
  async onStripe(environmentId: string, items: PlannedItem[]): Promise<SoldItem[]> {
    const ids = await this.stripePrices(environmentId, items);
    return items.map(({ price, quantity }) => ({
      stripe_price_id: ids.get(price.id) ?? missing(price.id),
      quantity,
    }));
  }

  /** Stripe's ids of the prices of some items. */
  async stripePrices(
    environmentId: string,
    items: { price: { id: string } }[],
  ): Promise<Map<string, string>> {
    const sold = await this.plans.findPrices(environmentId, { ids: items.map(({ price }) => price.id) });
    const all = new Map<string, string>();
    for (const [planId, prices] of Map.groupBy(sold, (price) => price.plan_id)) {
      const ids = await this.catalog.stripePricesOf(
        environmentId,
        planId,
        prices.map(({ id }) => id),
      );
      ids.forEach((stripeId, id) => all.set(id, stripeId));
    }
    return all;
  }

  /** Stripe's id of a coupon that can be redeemed now. Throws `CouponNotFound`, `CouponNotRedeemable`. */
  async couponOnStripe(environmentId: string, key: string | undefined): Promise<string | null> {
    if (key === undefined) {
      return null;
    }
    const coupon = await this.coupons.getRedeemable(environmentId, key, 'coupon');
    return this.catalog.stripeCouponOf(environmentId, coupon.id);
  }

  /** The trial of a plan, for a customer who had none in its group yet. */
  private async trial(
    environmentId: string,
    customerId: string,
    plan: Plan,
    wished: boolean | undefined,
  ): Promise<Trial | null> {
    const { trial } = plan.version;
    if (trial === null || wished === false) {
      return null;
    }
    const had = await this.database.tenant(environmentId, () =>
      this.terms.findTrial(environmentId, customerId, plan.group),
    );
    if (had !== undefined && wished === true) {
      throw new TrialUsed(plan.group, had.started_at);
    }
    return had === undefined ? trial : null;
  }

  /** Whether Stripe could charge the customer by itself. */
  async hasPaymentMethod(environmentId: string, stripeCustomerId: string): Promise<boolean> {
    return hasDefaultPaymentMethod(await this.connections.of(environmentId), stripeCustomerId);
  }
}

function missing(priceId: string): never {
  throw new Error(`The price ${priceId} was put on Stripe, but is not linked.`);
}
