import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { setDefaultPaymentMethod } from '../../stripe/stripe.customers.ts';
import { StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { createStripeSubscription, findStripeSubscription } from '../../stripe/stripe.subscriptions.ts';
import { refreshCustomer } from '../entitlements/entitlements.jobs.ts';
import { EntitlementsService } from '../entitlements/entitlements.service.ts';
import { CreateManualSubscription } from './create-manual-subscription.ts';
import { Sales, soldParams } from './sale.ts';
import type { createSubscription } from './subscriptions.schemas.ts';
import { PaymentMethodNeeded } from './subscriptions.errors.ts';
import { type Subscription, SubscriptionsService } from './subscriptions.service.ts';
import { SyncCustomer } from './sync-customer.ts';

const subscriptionIntent = {
  kind: 'subscription.create',
  params: soldParams.extend({ payment_method: z.string().nullable() }),
};

/** Subscribes a customer by API, charging the payment method they have or bring. */
@Injectable()
export class CreateSubscription implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly sales: Sales,
    private readonly manual: CreateManualSubscription,
    private readonly subscriptions: SubscriptionsService,
    private readonly entitlements: EntitlementsService,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly syncCustomer: SyncCustomer,
    private readonly outbox: Outbox,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...subscriptionIntent,
      call: async (params, context) => {
        const connection = await this.connections.of(context.environment_id);
        const { stripe_customer_id: customer, payment_method: method } = params;
        if (method !== null) {
          await setDefaultPaymentMethod(connection, customer, method, context.idempotency_key);
        }
        return createStripeSubscription(connection, params, context);
      },
      recover: async (params, context) =>
        findStripeSubscription(await this.connections.of(context.environment_id), params, context),
      // What Stripe says is taken over by asking it: this answer may be older than an event that came meanwhile.
      settle: async (environmentId, { customer_id: customerId }) => {
        await this.outbox.add(environmentId, refreshCustomer, { customer_id: customerId });
      },
    });
  }

  /**
   * Throws what `Sales.prepare` throws, `NotBilledManually`, `PaymentMethodNeeded`, `PaymentFailed` when the first payment fails,
   * `StripeUnavailable`.
   */
  async create(environmentId: string, wish: z.output<typeof createSubscription>): Promise<Subscription> {
    if (wish.billing === 'manual') {
      return this.manual.create(environmentId, wish);
    }
    const { customer, group, ...sale } = await this.sales.prepare(environmentId, wish);
    const paymentMethod = wish.payment_method ?? null;
    if (
      sale.trial?.requires_card === true &&
      paymentMethod === null &&
      !(await this.sales.hasPaymentMethod(environmentId, sale.stripe_customer_id))
    ) {
      throw new PaymentMethodNeeded(wish.plan);
    }
    // Two requests at once are one wish: the next subscription of this customer in this group.
    const last = await this.subscriptions.lastId(environmentId, customer.id, group);
    const stripeSubscriptionId = await this.intents
      .perform(environmentId, subscriptionIntent, `${customer.id}:${group}:after:${last ?? 'none'}`, {
        ...sale,
        customer_id: customer.id,
        payment_method: paymentMethod,
      })
      .catch(async (error: unknown) => {
        if (error instanceof StripeUnavailable) {
          await this.doubt(environmentId, customer.id);
        }
        throw error;
      });
    await this.syncCustomer.sync(environmentId, customer.id);
    return this.subscriptions.getByStripeId(environmentId, stripeSubscriptionId);
  }

  /** Nobody knows whether it was made: a check asks Stripe meanwhile. */
  private doubt(environmentId: string, customerId: string): Promise<void> {
    return this.database.tenant(environmentId, () =>
      this.entitlements.markPending(environmentId, customerId),
    );
  }
}
