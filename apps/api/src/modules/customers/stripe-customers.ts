import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import {
  createStripeCustomer,
  findStripeCustomer,
  isStripeCustomerDeleted,
} from '../../stripe/stripe.customers.ts';
import { type Customer, CustomersService } from './customers.service.ts';

const customerIntent = { kind: 'customer.create', params: z.object({ customer_id: z.string() }) };

/** Our customers as Stripe knows them: made there when the first thing is sold to them. */
@Injectable()
export class StripeCustomers implements OnModuleInit {
  constructor(
    private readonly customers: CustomersService,
    private readonly connections: Connections,
    private readonly intents: Intents,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...customerIntent,
      call: async ({ customer_id: id }, { environment_id: environmentId, idempotency_key: key }) => {
        const customer = await this.customers.get(environmentId, id);
        return createStripeCustomer(await this.connections.of(environmentId), customer, key);
      },
      recover: async ({ customer_id: id }, context) =>
        findStripeCustomer(await this.connections.of(context.environment_id), id, context),
      settle: (environmentId, { customer_id: id }, { stripe_object_id: stripeId }) =>
        this.customers.linkStripeCustomer(environmentId, id, stripeId),
    });
  }

  /** The Stripe id of a customer, who is made there first if need be. */
  async ensure(environmentId: string, customer: Customer): Promise<string> {
    if (customer.stripe_customer_id !== null) {
      return customer.stripe_customer_id;
    }
    const { stripe_account_id: account } = await this.connections.of(environmentId);
    // One that was deleted on Stripe is made anew: that is another wish.
    const again = customer.stripe_links_lost === 0 ? '' : `:${customer.stripe_links_lost}`;
    return this.intents.perform(environmentId, customerIntent, `${account}:${customer.id}${again}`, {
      customer_id: customer.id,
    });
  }

  /** Clears the link with a Stripe customer, if Stripe says that it was deleted. Throws `StripeUnavailable`. */
  async forgetDeleted(environmentId: string, id: string, stripeCustomerId: string): Promise<void> {
    const connection = await this.connections.find(environmentId);
    if (connection !== undefined && (await isStripeCustomerDeleted(connection, stripeCustomerId))) {
      await this.customers.unlinkStripeCustomer(environmentId, id, stripeCustomerId);
    }
  }
}
