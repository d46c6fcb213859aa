import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { closeStripeInvoice, findClosedInvoice } from '../../stripe/stripe.invoices.ts';
import { SyncCustomer } from '../subscriptions/sync-customer.ts';
import { CloseManualInvoice } from './close-manual-invoice.ts';
import { InvoiceNotOpen, PaymentUnderWay } from './invoices.errors.ts';
import { takeOverInvoice } from './invoices.jobs.ts';
import { type Invoice, InvoicesService } from './invoices.service.ts';
import { TakeOverInvoice } from './take-over-invoice.ts';

const closeIntent = {
  kind: 'invoice.close',
  params: z.object({ stripe_invoice_id: z.string(), as: z.enum(['void', 'uncollectible']) }),
};

/** Ends an open invoice without payment: it was wrong (void, for good), or nobody will pay it (uncollectible). */
@Injectable()
export class CloseInvoice implements OnModuleInit {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly manual: CloseManualInvoice,
    private readonly takeOver: TakeOverInvoice,
    private readonly syncCustomer: SyncCustomer,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly outbox: Outbox,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...closeIntent,
      call: async ({ stripe_invoice_id: id, as }, { environment_id: environmentId, idempotency_key: key }) =>
        closeStripeInvoice(await this.connections.of(environmentId), id, as, key),
      recover: async ({ stripe_invoice_id: id, as }, { environment_id: environmentId }) =>
        findClosedInvoice(await this.connections.of(environmentId), id, as),
      settle: async (environmentId, { stripe_invoice_id: id }) => {
        await this.outbox.add(environmentId, takeOverInvoice, { stripe_invoice_id: id });
      },
    });
  }

  /** Throws `InvoiceNotFound`, `InvoiceNotOpen`, `PaymentUnderWay`. */
  async close(environmentId: string, id: string, as: 'void' | 'uncollectible'): Promise<Invoice> {
    const invoice = await this.invoices.find(environmentId, id);
    if (invoice.stripe_invoice_id === null) {
      return this.manual.close(environmentId, id, as);
    }
    // Closing again what is closed so changes nothing. What nobody was to pay can still be void.
    if (invoice.status !== as) {
      if (invoice.status !== 'open' && !(as === 'void' && invoice.status === 'uncollectible')) {
        throw new InvoiceNotOpen(id, invoice.status);
      }
      if (invoice.paying_by !== null) {
        throw new PaymentUnderWay(id);
      }
      await this.intents.perform(environmentId, closeIntent, `${id}:${as}`, {
        stripe_invoice_id: invoice.stripe_invoice_id,
        as,
      });
      await this.takeOver.take(environmentId, invoice.stripe_invoice_id);
      await this.syncCustomer.sync(environmentId, invoice.customer_id);
    }
    return this.invoices.get(environmentId, id);
  }
}
