import { Injectable } from '@nestjs/common';
import { sum } from '@billingos/pricing/money';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { InvoiceNotManual, InvoiceNotOpen, PaidInFuture } from './invoices.errors.ts';
import { InvoicesRepository } from './invoices.repository.ts';
import type { markInvoicePaid } from './invoices.schemas.ts';
import { type Invoice, type InvoiceRow, InvoicesService } from './invoices.service.ts';
import { ParkInvoice } from './park-invoice.ts';
import { ManualInvoicesRepository } from './manual-invoices.repository.ts';

/** What becomes of an invoice that BillingOS wrote: the money came, it was wrong, or nobody will pay it. */
@Injectable()
export class CloseManualInvoice {
  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesService,
    private readonly invoiceRows: InvoicesRepository,
    private readonly rows: ManualInvoicesRepository,
    private readonly customers: CustomersService,
    private readonly parking: ParkInvoice,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** All that was still due came. Throws `InvoiceNotManual`, `InvoiceNotOpen`, `PaidInFuture`. */
  markPaid(environmentId: string, id: string, wish: z.output<typeof markInvoicePaid>): Promise<Invoice> {
    return this.database.tenant(environmentId, async () => {
      const invoice = await this.lockManual(environmentId, id);
      if (invoice.status !== 'open' && invoice.status !== 'uncollectible') {
        throw new InvoiceNotOpen(id, invoice.status);
      }
      const now = this.clock.now();
      const paidAt = wish.paid_at ?? now;
      if (paidAt > now) {
        throw new PaidInFuture(paidAt);
      }
      await this.invoiceRows.update(environmentId, id, {
        status: 'paid',
        paid_at: paidAt,
        amount_paid: sum([invoice.amount_paid, invoice.amount_remaining]),
        amount_remaining: 0,
        updated_at: now,
      });
      await this.rows.setPaymentReference(environmentId, id, wish.reference ?? null);
      await this.note(environmentId, invoice, 'invoice.marked_paid', 'paid');
      return this.invoices.get(environmentId, id);
    });
  }

  /** Closing again what is closed so changes nothing. Its number stays taken. Throws `InvoiceNotOpen`. */
  close(environmentId: string, id: string, as: 'void' | 'uncollectible'): Promise<Invoice> {
    return this.database.tenant(environmentId, async () => {
      const invoice = await this.lockManual(environmentId, id);
      if (invoice.status !== as) {
        const isDroppable = invoice.status === 'uncollectible' || invoice.parked_at !== null;
        if (invoice.status !== 'open' && !(as === 'void' && isDroppable)) {
          throw new InvoiceNotOpen(id, invoice.status);
        }
        const now = this.clock.now();
        await this.invoiceRows.update(environmentId, id, {
          status: as,
          ...(as === 'void' ? { voided_at: now } : { uncollectible_at: now }),
          parked_at: null,
          parked_reason: null,
          updated_at: now,
        });
        await this.parking.over(environmentId, id);
        await this.note(environmentId, invoice, as === 'void' ? 'invoice.voided' : 'invoice.given_up', as);
      }
      return this.invoices.get(environmentId, id);
    });
  }

  /** The customer first, as everybody does who writes about their invoices. */
  private async lockManual(environmentId: string, id: string): Promise<InvoiceRow> {
    const seen = await this.invoices.find(environmentId, id);
    if (seen.provider !== 'manual') {
      throw new InvoiceNotManual(id);
    }
    await this.customers.lock(environmentId, seen.customer_id);
    return this.invoices.lock(environmentId, id);
  }

  private note(environmentId: string, invoice: InvoiceRow, action: string, status: string): Promise<void> {
    return this.audit.record(environmentId, {
      action,
      target: { type: 'invoice', id: invoice.id },
      before: { status: invoice.status },
      after: { status },
    });
  }
}
