import { Injectable } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.ts';
import { InvoicesService } from '../../invoices/invoices.service.ts';
import { RecoverPayment } from '../../recovery/recover-payment.ts';
import type { EventHandler, ReceivedEvent } from './handler.ts';

/** A payment failed, or what failed was paid or closed, or can be paid otherwise now: recovery looks at it. */
@Injectable()
export class PaymentToRecover implements EventHandler {
  readonly types = [
    'invoice.paid',
    'invoice.payment_failed',
    'invoice.payment_action_required',
    'invoice.updated',
    'invoice.voided',
    'invoice.marked_uncollectible',
    'customer.updated',
    'customer.subscription.updated',
    'payment_method.attached',
    'payment_method.automatically_updated',
  ];

  constructor(
    private readonly customers: CustomersService,
    private readonly invoices: InvoicesService,
    private readonly recoverPayment: RecoverPayment,
  ) {}

  async handle({ environment_id: environmentId, object }: ReceivedEvent): Promise<void> {
    if (object.type === 'invoice' && object.id !== null) {
      const invoice = await this.invoices.findByStripeId(environmentId, object.id);
      if (invoice !== undefined && invoice.attempt_count > 0) {
        await this.recoverPayment.reviewLater(environmentId, invoice.id);
      }
      return;
    }
    const stripeId = object.type === 'customer' ? object.id : object.customer;
    const customer =
      stripeId === null ? undefined : await this.customers.findByStripeCustomer(environmentId, stripeId);
    if (customer !== undefined) {
      await this.recoverPayment.tryNewMethodLater(environmentId, customer.id);
    }
  }
}
