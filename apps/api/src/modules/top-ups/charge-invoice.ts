import { Injectable } from '@nestjs/common';
import type { Customer } from '../customers/customers.service.ts';
import { StripeCustomers } from '../customers/stripe-customers.ts';
import { CloseInvoice } from '../invoices/close-invoice.ts';
import { PayInvoice } from '../invoices/pay-invoice.ts';
import { TakeOverInvoice } from '../invoices/take-over-invoice.ts';

/** Charges the invoice of a top-up, and makes it void when the bank refuses: nobody is to be dunned for credits. */
@Injectable()
export class ChargeInvoice {
  constructor(
    private readonly stripeCustomers: StripeCustomers,
    private readonly takeOver: TakeOverInvoice,
    private readonly payInvoice: PayInvoice,
    private readonly closeInvoice: CloseInvoice,
  ) {}

  customerOnStripe(environmentId: string, customer: Customer): Promise<string> {
    return this.stripeCustomers.ensure(environmentId, customer);
  }

  /**
   * What the bank said, when it did not pay. An invoice that the customer must confirm stays open when they are there
   * (`must_be_there`), and is void when nobody is.
   */
  async charge(
    environmentId: string,
    stripeInvoiceId: string,
    how: { payment_method: string | undefined; must_be_there: boolean },
  ): Promise<string | undefined> {
    const id = await this.takeOver.take(environmentId, stripeInvoiceId);
    if (id === undefined) {
      throw new Error(`The invoice ${stripeInvoiceId} of a top-up is no customer's of ours.`);
    }
    const paid = await this.payInvoice.pay(environmentId, id, {
      payment_method: how.payment_method,
      off_session: !how.must_be_there,
    });
    if (paid.decline === null) {
      return undefined;
    }
    if (paid.outcome === 'declined' || !how.must_be_there) {
      await this.closeInvoice.close(environmentId, id, 'void');
    }
    return paid.decline.message;
  }
}
