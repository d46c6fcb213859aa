import { Injectable } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.ts';
import { TakeOverPayments } from '../../payments/take-over-payments.ts';
import { SyncCustomer } from '../../subscriptions/sync-customer.ts';
import type { EventHandler, ReceivedEvent } from './handler.ts';

/** After these a subscription may stand otherwise. */
const movesSubscription = new Set([
  'invoice.paid',
  'invoice.payment_failed',
  'invoice.payment_action_required',
  'invoice.voided',
  'invoice.marked_uncollectible',
]);

/** Whatever happened to an invoice: take over how it stands now. */
@Injectable()
export class InvoiceChanged implements EventHandler {
  readonly types = [
    'invoice.created',
    'invoice.updated',
    'invoice.deleted',
    'invoice.finalized',
    'invoice.finalization_failed',
    'invoice.sent',
    'invoice.paid',
    'invoice.payment_succeeded',
    'invoice.payment_failed',
    'invoice.payment_action_required',
    'invoice.overdue',
    'invoice.overpaid',
    'invoice.voided',
    'invoice.marked_uncollectible',
  ];

  constructor(
    private readonly customers: CustomersService,
    private readonly payments: TakeOverPayments,
    private readonly syncCustomer: SyncCustomer,
  ) {}

  async handle({ environment_id: environmentId, type, object }: ReceivedEvent): Promise<void> {
    if (object.id === null) {
      return;
    }
    await this.payments.takeInvoice(environmentId, object.id);
    if (movesSubscription.has(type) && object.customer !== null) {
      const customer = await this.customers.findByStripeCustomer(environmentId, object.customer);
      if (customer !== undefined) {
        await this.syncCustomer.sync(environmentId, customer.id);
      }
    }
  }
}
