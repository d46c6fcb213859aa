import { Injectable } from '@nestjs/common';
import { PlansService } from '../catalog/plans.service.ts';
import { SyncCatalog } from '../catalog/sync-catalog.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { StripeCustomers } from '../customers/stripe-customers.ts';
import { choosePrice } from './choose-price.ts';
import { AlreadySubscribed } from './subscriptions.errors.ts';
import { SubscriptionsService } from './subscriptions.service.ts';
import { SyncCustomer } from './sync-customer.ts';

/** What is to be sold to whom, as both know it: we and Stripe. */
export interface Sale {
  customer: { id: string; name: string };
  stripe_customer_id: string;
  stripe_price_id: string;
  plan_version_id: string;
  group: string;
}

/** Prepares a sale: resolves what was named, refuses what cannot be, and puts on Stripe what is not there yet. */
@Injectable()
export class Sales {
  constructor(
    private readonly customers: CustomersService,
    private readonly stripeCustomers: StripeCustomers,
    private readonly plans: PlansService,
    private readonly catalog: SyncCatalog,
    private readonly subscriptions: SubscriptionsService,
    private readonly syncCustomer: SyncCustomer,
  ) {}

  /**
   * Throws `CustomerNotFound`, `PlanNotFound`, a refusal about the price, `AlreadySubscribed`, `StripeNotConnected`,
   * `StripeUnavailable`.
   */
  async prepare(
    environmentId: string,
    wish: { customer: string; plan: string; price?: string | undefined },
  ): Promise<Sale> {
    const customer = await this.customers.get(environmentId, wish.customer, 'customer');
    const plan = await this.plans.get(environmentId, wish.plan, 'plan');
    const price = choosePrice(plan, wish.price);
    if (customer.unsynced_since !== null) {
      // They may have paid for a checkout that we have not heard of: do not sell it twice.
      await this.syncCustomer.sync(environmentId, customer.id);
    }
    const running = await this.subscriptions.findRunning(environmentId, customer.id, plan.group);
    if (running !== undefined) {
      throw new AlreadySubscribed(wish.customer, running);
    }
    const stripePrices = await this.catalog.stripePricesOf(environmentId, plan.id, [price.id]);
    return {
      customer: { id: customer.id, name: wish.customer },
      stripe_price_id: stripePrices.get(price.id) ?? '',
      stripe_customer_id: await this.stripeCustomers.ensure(environmentId, customer),
      plan_version_id: plan.version.id,
      group: plan.group,
    };
  }
}
