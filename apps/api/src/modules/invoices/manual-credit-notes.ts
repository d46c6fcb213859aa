import { Injectable } from '@nestjs/common';
import { portion, sum } from '@billingos/pricing/money';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { creditedAmount } from './credit-note.ts';
import { InvoicePartsRepository } from './invoice-parts.repository.ts';
import {
  CreditNoteNotFound,
  CreditNoteSettled,
  CreditNoteTooLarge,
  InvoiceLineNotFound,
  InvoiceNotIssued,
  InvoiceNotManual,
  InvoiceNotOnStripe,
} from './invoices.errors.ts';
import { InvoicesRepository } from './invoices.repository.ts';
import type { createCreditNote } from './invoices.schemas.ts';
import { creditNoteOf, type InvoiceRow, InvoicesService } from './invoices.service.ts';
import { numbered } from './issue-manual-invoice.ts';
import { ManualInvoicesRepository } from './manual-invoices.repository.ts';

/**
 * Takes back some of an invoice that BillingOS wrote: an entry of its own, numbered like the invoices. Of an open one less
 * is due; of a paid one the merchant gives money back by other means. A note that was wrong is void, which leaves the
 * invoice as if it had never been.
 */
@Injectable()
export class ManualCreditNotes {
  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesService,
    private readonly invoiceRows: InvoicesRepository,
    private readonly parts: InvoicePartsRepository,
    private readonly rows: ManualInvoicesRepository,
    private readonly customers: CustomersService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Throws `InvoiceNotOnStripe`, `InvoiceNotIssued`, `InvoiceLineNotFound`, `CreditNoteTooLarge`. */
  issue(environmentId: string, invoiceId: string, wish: z.output<typeof createCreditNote>) {
    if (wish.credit_amount !== undefined || wish.refund_amount !== undefined) {
      throw new InvoiceNotOnStripe(invoiceId);
    }
    return this.database.tenant(environmentId, async () => {
      const invoice = await this.lock(environmentId, invoiceId);
      if (invoice.status !== 'open' && invoice.status !== 'paid') {
        throw new InvoiceNotIssued(invoiceId, invoice.status);
      }
      const isOpen = invoice.status === 'open';
      const amount = await this.extent(environmentId, invoiceId, wish);
      const left = isOpen ? invoice.amount_remaining : sum([invoice.amount_paid, -invoice.amount_credited]);
      if (amount > left) {
        throw new CreditNoteTooLarge(left);
      }
      const now = this.clock.now();
      const settings = await this.rows.nextNumber(environmentId, 'last_credit_note_number', now);
      const id = newId('credit_note');
      await this.rows.insertCreditNote(environmentId, {
        id,
        invoice_id: invoiceId,
        number: numbered(`${settings.prefix}-CN`, settings.last_credit_note_number),
        reason: wish.reason ?? null,
        memo: wish.memo ?? null,
        currency: invoice.currency,
        amount,
        before_payment: isOpen,
        out_of_band_amount: isOpen ? 0 : amount,
        created_at: now,
      });
      await this.invoiceRows.update(environmentId, invoiceId, {
        ...(isOpen
          ? lowered(invoice, amount, now)
          : { amount_credited: sum([invoice.amount_credited, amount]) }),
        updated_at: now,
      });
      await this.note(environmentId, id, 'credit_note.issued', { invoice: invoiceId, amount });
      return this.one(environmentId, id);
    });
  }

  /**
   * Voiding again changes nothing. Throws `CreditNoteNotFound`, `InvoiceNotManual`, `CreditNoteSettled` when money came
   * for what the note had left.
   */
  void(environmentId: string, id: string) {
    return this.database.tenant(environmentId, async () => {
      const seen = await this.one(environmentId, id);
      const invoice = await this.lock(environmentId, seen.invoice_id);
      const note = await this.one(environmentId, id);
      if (note.status === 'void') {
        return note;
      }
      if (note.before_payment && (invoice.amount_paid > 0 || invoice.status === 'void')) {
        throw new CreditNoteSettled(id);
      }
      const now = this.clock.now();
      await this.rows.voidCreditNote(environmentId, id, now);
      await this.invoiceRows.update(environmentId, invoice.id, {
        ...(note.before_payment
          ? {
              status: invoice.status === 'paid' ? 'open' : invoice.status,
              paid_at: null,
              ...withDue(invoice, note.amount.amount),
            }
          : { amount_credited: sum([invoice.amount_credited, -note.amount.amount]) }),
        updated_at: now,
      });
      await this.note(environmentId, id, 'credit_note.voided', { invoice: invoice.id });
      return this.one(environmentId, id);
    });
  }

  /** How much is taken back. Of a line the same share of its discount and tax goes. */
  private async extent(
    environmentId: string,
    invoiceId: string,
    wish: z.output<typeof createCreditNote>,
  ): Promise<number> {
    if (wish.lines === undefined) {
      return wish.amount ?? 0;
    }
    const known = await this.parts.lines(environmentId, [invoiceId]);
    return sum(
      wish.lines.map((named) => {
        const line = known.find((one) => one.id === named.line);
        if (line === undefined) {
          throw new InvoiceLineNotFound(named.line);
        }
        if (named.amount > line.amount) {
          throw new CreditNoteTooLarge(line.amount);
        }
        const share = { numerator: BigInt(named.amount), denominator: BigInt(line.amount) };
        return sum([creditedAmount([{ amount: named.amount, line }]), portion(line.tax_amount, share)]);
      }),
    );
  }

  private async one(environmentId: string, id: string) {
    const row = await this.rows.findCreditNote(environmentId, id);
    if (row === undefined) {
      throw new CreditNoteNotFound(id);
    }
    return { ...creditNoteOf(row), invoice_id: row.invoice_id };
  }

  /** The customer first, as everybody does who writes about their invoices. */
  private async lock(environmentId: string, invoiceId: string): Promise<InvoiceRow> {
    const seen = await this.invoices.find(environmentId, invoiceId);
    if (seen.provider !== 'manual') {
      throw new InvoiceNotManual(invoiceId);
    }
    await this.customers.lock(environmentId, seen.customer_id);
    return this.invoices.lock(environmentId, invoiceId);
  }

  private note(environmentId: string, id: string, action: string, after: object): Promise<void> {
    return this.audit.record(environmentId, { action, target: { type: 'credit_note', id }, after });
  }
}

/** Less is due; when nothing is, the invoice is settled. */
function lowered(invoice: InvoiceRow, amount: number, now: Date) {
  const due = withDue(invoice, -amount);
  return due.amount_remaining === 0 ? { ...due, status: 'paid' as const, paid_at: now } : due;
}

function withDue(invoice: InvoiceRow, more: number) {
  return {
    amount_due: sum([invoice.amount_due, more]),
    amount_remaining: sum([invoice.amount_remaining, more]),
  };
}
