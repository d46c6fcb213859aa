import { Injectable } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.ts';
import { SyncCustomer } from '../../subscriptions/sync-customer.ts';
import type { EventHandler, ReceivedEvent } from './handler.ts';

/** Whatever happened to a customer's subscriptions, a checkout or what Stripe lets them use: take over how they stand now. */
@Injectable()
export class CustomerStateChanged implements EventHandler {
  readonly types = [
    'checkout.session.completed',
    'checkout.session.async_payment_succeeded',
    'checkout.session.async_payment_failed',
    'checkout.session.expired',
    'customer.subscription.created',
    'customer.subscription.updated',
    'customer.subscription.deleted',
    'customer.subscription.paused',
    'customer.subscription.resumed',
    'customer.subscription.pending_update_applied',
    'customer.subscription.pending_update_expired',
    'entitlements.active_entitlement_summary.updated',
  ];

  constructor(
    private readonly customers: CustomersService,
    private readonly syncCustomer: SyncCustomer,
  ) {}

  async handle(event: ReceivedEvent): Promise<void> {
    const { environment_id: environmentId, object } = event;
    const customer =
      object.customer === null
        ? undefined
        : await this.customers.findByStripeCustomer(environmentId, object.customer);
    // A customer that somebody else made on the same account is not ours to manage.
    if (customer !== undefined) {
      await this.syncCustomer.sync(environmentId, customer.id);
    }
  }
}
