import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { setDefaultPaymentMethod } from '../../stripe/stripe.customers.ts';
import { StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { createStripeSubscription } from '../../stripe/stripe.subscriptions.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { refreshCustomer } from '../entitlements/entitlements.jobs.ts';
import { Sales } from './sale.ts';
import type { createSubscription } from './subscriptions.schemas.ts';
import { type Subscription, SubscriptionsService } from './subscriptions.service.ts';
import { SyncCustomer } from './sync-customer.ts';

const subscriptionIntent = {
  kind: 'subscription.create',
  params: z.object({
    customer_id: z.string(),
    stripe_customer_id: z.string(),
    stripe_price_id: z.string(),
    plan_version_id: z.string(),
    quantity: z.int(),
    payment_method: z.string().nullable(),
  }),
};

/** Subscribes a customer by API, charging the payment method they have or bring. */
@Injectable()
export class CreateSubscription implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly sales: Sales,
    private readonly subscriptions: SubscriptionsService,
    private readonly customers: CustomersService,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly syncCustomer: SyncCustomer,
    private readonly outbox: Outbox,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...subscriptionIntent,
      call: async (params, { environment_id: environmentId, idempotency_key: key }) => {
        const connection = await this.connections.of(environmentId);
        if (params.payment_method !== null) {
          await setDefaultPaymentMethod(connection, params.stripe_customer_id, params.payment_method, key);
        }
        return createStripeSubscription(connection, params, key);
      },
      // What Stripe says is taken over by asking it: this answer may be older than an event that came meanwhile.
      settle: async (environmentId, { customer_id: customerId }) => {
        await this.outbox.add(environmentId, refreshCustomer, { customer_id: customerId });
      },
    });
  }

  /** Throws what `Sales.prepare` throws, `PaymentFailed` when the first payment fails, `StripeUnavailable`. */
  async create(environmentId: string, wish: z.output<typeof createSubscription>): Promise<Subscription> {
    const sale = await this.sales.prepare(environmentId, wish);
    // Two requests at once are one wish: the next subscription of this customer in this group.
    const last = await this.subscriptions.lastId(environmentId, sale.customer.id, sale.group);
    const stripeSubscriptionId = await this.intents
      .perform(
        environmentId,
        subscriptionIntent,
        `${sale.customer.id}:${sale.group}:after:${last ?? 'none'}`,
        {
          customer_id: sale.customer.id,
          stripe_customer_id: sale.stripe_customer_id,
          stripe_price_id: sale.stripe_price_id,
          plan_version_id: sale.plan_version_id,
          quantity: wish.quantity,
          payment_method: wish.payment_method ?? null,
        },
      )
      .catch(async (error: unknown) => {
        if (error instanceof StripeUnavailable) {
          await this.doubt(environmentId, sale.customer.id);
        }
        throw error;
      });
    await this.syncCustomer.sync(environmentId, sale.customer.id);
    return this.subscriptions.getByStripeId(environmentId, stripeSubscriptionId);
  }

  /** Nobody knows whether it was made: a check asks Stripe meanwhile. */
  private doubt(environmentId: string, customerId: string): Promise<void> {
    return this.database.tenant(environmentId, () =>
      this.customers.markUnsynced(environmentId, customerId, true),
    );
  }
}
