import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { findAdvancing, setAutoAdvance } from '../../stripe/stripe.invoices.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { InvoiceNotParked } from './invoices.errors.ts';
import { InvoicesRepository } from './invoices.repository.ts';
import { type Invoice, type InvoiceRow, InvoicesService } from './invoices.service.ts';
import { IssueManualInvoice } from './issue-manual-invoice.ts';
import { ParkInvoice } from './park-invoice.ts';

const releaseIntent = {
  kind: 'invoice.release',
  params: z.object({ invoice_id: z.string(), stripe_invoice_id: z.string() }),
};

/** Lets an invoice go that was held back: somebody looked at it and says that it is right. */
@Injectable()
export class ReleaseInvoice implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesService,
    private readonly rows: InvoicesRepository,
    private readonly issuing: IssueManualInvoice,
    private readonly parking: ParkInvoice,
    private readonly customers: CustomersService,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...releaseIntent,
      call: async ({ stripe_invoice_id: id }, { environment_id: environmentId, idempotency_key: key }) =>
        setAutoAdvance(await this.connections.of(environmentId), id, true, key),
      recover: async ({ stripe_invoice_id: id }, { environment_id: environmentId }) =>
        findAdvancing(await this.connections.of(environmentId), id, true),
      settle: (environmentId, { invoice_id: id }) => this.note(environmentId, id),
    });
  }

  /**
   * One that BillingOS wrote is issued now. Stripe finalizes and charges its own within about an hour, once its use is
   * complete. Throws
   * `InvoiceNotFound`, `InvoiceNotParked`, `StripeUnavailable`.
   */
  async release(environmentId: string, id: string): Promise<Invoice> {
    const invoice = await this.invoices.find(environmentId, id);
    if (invoice.parked_at === null) {
      throw new InvoiceNotParked(id);
    }
    if (invoice.stripe_invoice_id === null) {
      await this.issue(environmentId, invoice);
    } else if (invoice.usage_due_at !== null) {
      // It goes on by itself once its use is complete (`finish-draft.ts`).
      await this.database.tenant(environmentId, async () => {
        await this.note(environmentId, id);
        await this.rows.update(environmentId, id, { usage_due_at: this.clock.now() });
      });
    } else {
      await this.intents.perform(environmentId, releaseIntent, id, {
        invoice_id: id,
        stripe_invoice_id: invoice.stripe_invoice_id,
      });
    }
    return this.invoices.get(environmentId, id);
  }

  private issue(environmentId: string, { id, customer_id: customerId }: InvoiceRow): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      await this.customers.lock(environmentId, customerId);
      const current = await this.invoices.lock(environmentId, id);
      // Two who release it at once issue it once.
      if (current.parked_at !== null) {
        await this.note(environmentId, id);
        await this.issuing.number(environmentId, current);
      }
    });
  }

  private async note(environmentId: string, id: string): Promise<void> {
    const now = this.clock.now();
    await this.rows.update(environmentId, id, {
      parked_at: null,
      parked_reason: null,
      released_at: now,
      updated_at: now,
    });
    await this.parking.over(environmentId, id);
    await this.audit.record(environmentId, {
      action: 'invoice.released',
      target: { type: 'invoice', id },
    });
  }
}
