import { Injectable } from '@nestjs/common';
import { Connections } from '../../stripe/connections.ts';
import { listInvoices } from '../../stripe/stripe.invoice-state.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { InvoicesService } from './invoices.service.ts';
import { TakeOverInvoice } from './take-over-invoice.ts';

/** Takes over every invoice of a customer: for imports and repairs, where nobody knows which changed. */
@Injectable()
export class SyncInvoices {
  constructor(
    private readonly customers: CustomersService,
    private readonly connections: Connections,
    private readonly invoices: InvoicesService,
    private readonly takeOver: TakeOverInvoice,
  ) {}

  /** Throws `StripeUnavailable`. */
  async sync(environmentId: string, customerId: string): Promise<void> {
    const customer = await this.customers.get(environmentId, customerId);
    const connection = await this.connections.find(environmentId);
    if (customer.stripe_customer_id === null || connection === undefined) {
      return;
    }
    const sequences = await this.invoices.sequences(environmentId, customer.id);
    const states = await listInvoices(connection, customer.stripe_customer_id);
    // The oldest first: our ids sort as the invoices were made.
    for (const state of states.toReversed()) {
      const sequence = sequences.get(state.stripe_invoice_id) ?? 0;
      const result = await this.takeOver.takeState(environmentId, connection, state, { sequence });
      if (result === 'overtaken') {
        await this.takeOver.take(environmentId, state.stripe_invoice_id);
      }
    }
  }
}
