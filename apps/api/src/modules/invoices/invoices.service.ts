import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { InvoicePartsRepository } from './invoice-parts.repository.ts';
import { InvoiceNotFound } from './invoices.errors.ts';
import { InvoicesRepository } from './invoices.repository.ts';
import type { invoice, invoiceSummary, listInvoices } from './invoices.schemas.ts';

export type Invoice = z.input<typeof invoice>;
export type InvoiceRow = NonNullable<Awaited<ReturnType<InvoicesRepository['find']>>>;

const day = 24 * 60 * 60 * 1000;

@Injectable()
export class InvoicesService {
  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesRepository,
    private readonly parts: InvoicePartsRepository,
    private readonly customers: CustomersService,
    private readonly clock: Clock,
  ) {}

  /** The newest first. Throws `CustomerNotFound`. */
  list(
    environmentId: string,
    query: z.output<typeof listInvoices>,
  ): Promise<z.input<typeof invoiceSummary>[]> {
    return this.database.tenant(environmentId, async () => {
      const { customer: reference, ...filter } = query;
      const customerId =
        reference === undefined
          ? undefined
          : (await this.customers.get(environmentId, reference, 'customer')).id;
      const rows = await this.invoices.list(environmentId, { ...filter, customer_id: customerId });
      return rows.map(summaryOf);
    });
  }

  /** With its lines, payments, credit notes and refunds. Throws `InvoiceNotFound`. */
  get(environmentId: string, id: string): Promise<Invoice> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.find(environmentId, id);
      return {
        ...summaryOf(row),
        lines: (await this.parts.lines(environmentId, [id])).map((line) => ({
          ...line,
          amount: { amount: line.amount, currency: row.currency },
          discount_amount: { amount: line.discount_amount, currency: row.currency },
          price: line.price_id,
        })),
        payments: (await this.parts.payments(environmentId, [id])).map(paymentOf),
        credit_notes: (await this.parts.creditNotes(environmentId, [id])).map(creditNoteOf),
        refunds: (await this.parts.refunds(environmentId, [id])).map(refundOf),
        is_payment_under_way: row.paying_by !== null,
      };
    });
  }

  /** The row, as other modules decide by it. Throws `InvoiceNotFound`. */
  find(environmentId: string, id: string, param?: string): Promise<InvoiceRow> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.invoices.find(environmentId, id);
      if (row === undefined) {
        throw new InvoiceNotFound(id, param);
      }
      return row;
    });
  }

  findByStripeId(environmentId: string, stripeInvoiceId: string): Promise<InvoiceRow | undefined> {
    return this.database.tenant(environmentId, () =>
      this.invoices.findByStripeId(environmentId, stripeInvoiceId),
    );
  }

  /** Of these those we have. */
  findByStripeIds(environmentId: string, stripeInvoiceIds: string[]): Promise<InvoiceRow[]> {
    return this.database.tenant(environmentId, () =>
      this.invoices.findByStripeIds(environmentId, stripeInvoiceIds),
    );
  }

  /** Those of Stripe that may still be paid or dropped, a page after another by id. */
  listUnsettled(environmentId: string, after: string, limit: number): Promise<InvoiceRow[]> {
    return this.database.tenant(environmentId, () =>
      this.invoices.listUnsettled(environmentId, after, limit),
    );
  }

  /** Like `find`, in the open transaction, locking the invoice until it ends. The customer is locked before. */
  async lock(environmentId: string, id: string): Promise<InvoiceRow> {
    const row = await this.invoices.lock(environmentId, id);
    if (row === undefined) {
      throw new InvoiceNotFound(id);
    }
    return row;
  }

  /** The attempts to pay an invoice, the oldest first. */
  payments(environmentId: string, id: string) {
    return this.database.tenant(environmentId, () => this.parts.payments(environmentId, [id]));
  }

  refunds(environmentId: string, id: string) {
    return this.database.tenant(environmentId, () => this.parts.refunds(environmentId, [id]));
  }

  /** Our id of the Stripe invoice that a payment intent pays, if we have seen an attempt. */
  findIdByPaymentIntent(environmentId: string, stripePaymentIntentId: string): Promise<string | undefined> {
    return this.database.tenant(environmentId, async () => {
      const found = await this.parts.findPaymentByIntent(environmentId, stripePaymentIntentId);
      return found?.invoice_id;
    });
  }

  /** How far each Stripe invoice of a customer has counted, by its Stripe id. */
  sequences(environmentId: string, customerId: string): Promise<Map<string, number>> {
    return this.database.tenant(environmentId, async () => {
      const rows = await this.invoices.sequences(environmentId, customerId);
      return new Map(rows.map((row) => [row.stripe_invoice_id, row.stripe_sequence]));
    });
  }

  /** Our ids of a customer's Stripe invoices. */
  idsByStripeId(environmentId: string, customerId: string): Promise<Map<string, string>> {
    return this.database.tenant(environmentId, async () => {
      const rows = await this.invoices.sequences(environmentId, customerId);
      return new Map(rows.map((row) => [row.stripe_invoice_id, row.id]));
    });
  }

  /** Counts up the refunds and disputes taken over, of a locked invoice. In the open transaction. */
  setPaymentsSequence(environmentId: string, id: string, sequence: number): Promise<void> {
    return this.invoices.setSequence(environmentId, id, { payments_sequence: sequence });
  }

  /** What is open, overdue and was paid in the last 30 days, for each currency. */
  summary(environmentId: string) {
    return this.database.tenant(environmentId, async () => {
      const now = this.clock.now();
      const rows = await this.invoices.summary(environmentId, {
        now,
        paid_since: new Date(now.getTime() - 30 * day),
      });
      return {
        by_currency: rows.map(({ currency, open, overdue, paid, ...counts }) => ({
          currency,
          ...counts,
          open: { amount: open, currency },
          overdue: { amount: overdue, currency },
          paid_last_30_days: { amount: paid, currency },
        })),
      };
    });
  }
}

function summaryOf(row: InvoiceRow): z.input<typeof invoiceSummary> {
  const money = (amount: number) => ({ amount, currency: row.currency });
  return {
    ...row,
    customer: {
      id: row.customer_id,
      external_id: row.customer_external_id,
      name: row.customer_name,
      email: row.customer_email,
    },
    subscription: row.subscription_id,
    subtotal: money(row.subtotal),
    discount_total: money(row.discount_total),
    tax_total: money(row.tax_total),
    total: money(row.total),
    credit_applied: money(row.credit_applied),
    amount_due: money(row.amount_due),
    amount_paid: money(row.amount_paid),
    amount_remaining: money(row.amount_remaining),
    amount_refunded: money(row.amount_refunded),
    amount_credited: money(row.amount_credited),
  };
}

function paymentOf(row: Awaited<ReturnType<InvoicePartsRepository['payments']>>[number]) {
  return {
    ...row,
    amount: { amount: row.amount, currency: row.currency },
    amount_refunded: { amount: row.amount_refunded, currency: row.currency },
    method:
      row.method_type === null
        ? null
        : { type: row.method_type, brand: row.card_brand, last4: row.card_last4 },
  };
}

/** A row as it leaves. */
export function creditNoteOf(row: Awaited<ReturnType<InvoicePartsRepository['creditNotes']>>[number]) {
  const money = (amount: number) => ({ amount, currency: row.currency });
  return {
    ...row,
    invoice: row.invoice_id,
    amount: money(row.amount),
    credit_amount: money(row.credit_amount),
    refund_amount: money(row.refund_amount),
    out_of_band_amount: money(row.out_of_band_amount),
  };
}

/** A row as it leaves. */
export function refundOf(row: Awaited<ReturnType<InvoicePartsRepository['refunds']>>[number]) {
  return {
    ...row,
    invoice: row.invoice_id,
    payment: row.payment_id,
    amount: { amount: row.amount, currency: row.currency },
  };
}
