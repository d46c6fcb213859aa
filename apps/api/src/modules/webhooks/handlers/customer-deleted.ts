import { Injectable } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.ts';
import { StripeCustomers } from '../../customers/stripe-customers.ts';
import { SyncInvoices } from '../../invoices/sync-invoices.ts';
import { SyncCustomer } from '../../subscriptions/sync-customer.ts';
import type { EventHandler, ReceivedEvent } from './handler.ts';

/**
 * Somebody deleted a customer on Stripe, which ends their subscriptions there. What Stripe still says about them is
 * taken over, then the link is cleared: what is sold to them next makes them anew. Other changes of a customer mean
 * nothing here: name and address are ours.
 */
@Injectable()
export class CustomerDeleted implements EventHandler {
  readonly types = ['customer.deleted'];

  constructor(
    private readonly customers: CustomersService,
    private readonly stripeCustomers: StripeCustomers,
    private readonly syncCustomer: SyncCustomer,
    private readonly syncInvoices: SyncInvoices,
  ) {}

  async handle({ environment_id: environmentId, object }: ReceivedEvent): Promise<void> {
    const customer =
      object.id === null ? undefined : await this.customers.findByStripeCustomer(environmentId, object.id);
    if (object.id === null || customer === undefined) {
      return;
    }
    await this.syncCustomer.sync(environmentId, customer.id);
    await this.syncInvoices.sync(environmentId, customer.id);
    await this.stripeCustomers.forgetDeleted(environmentId, customer.id, object.id);
  }
}
