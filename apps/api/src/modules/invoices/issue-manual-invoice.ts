import { Injectable } from '@nestjs/common';
import { invoiceTotals } from '@billingos/pricing/invoice';
import type { Period } from '@billingos/pricing/period';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { InvoicePartsRepository } from './invoice-parts.repository.ts';
import { InvoicesRepository } from './invoices.repository.ts';
import { ManualInvoicesRepository } from './manual-invoices.repository.ts';
import type { ManualLine } from './manual-lines.ts';
import { type Candidate, ParkInvoice } from './park-invoice.ts';

const day = 24 * 60 * 60 * 1_000;

/** Writes an invoice that BillingOS itself asks to be paid, in the open transaction of whoever knows what is due. */
@Injectable()
export class IssueManualInvoice {
  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesRepository,
    private readonly parts: InvoicePartsRepository,
    private readonly rows: ManualInvoicesRepository,
    private readonly customers: CustomersService,
    private readonly parking: ParkInvoice,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /**
   * With what the settings say now: a later change of them does not reach it. One that comes to nothing is paid already.
   * One that looks like a mistake is held back, without a number, until somebody releases it.
   */
  async issue(
    environmentId: string,
    wish: {
      customer_id: string;
      subscription_id: string;
      currency: string;
      billing_reason: 'subscription_create' | 'subscription_cycle';
      period: Period;
      lines: ManualLine[];
    },
  ): Promise<string> {
    if (!this.database.isTransactionOpen) {
      throw new Error('An invoice is issued in the transaction that moves its subscription on.');
    }
    const now = this.clock.now();
    const customer = await this.customers.get(environmentId, wish.customer_id);
    const settings = await this.rows.settings(environmentId, now);
    const { lines, subtotal, discount_total, tax_total, total } = invoiceTotals(
      wish.lines.map((line) => line.amount),
      { tax: { percentage: settings.tax_rate, inclusive: false } },
    );
    const id = newId('invoice');
    const candidate: Candidate = { id, total, ...wish };
    const reason = await this.parking.reason(environmentId, candidate);
    await this.invoices.insert(environmentId, {
      id,
      provider: 'manual',
      customer_id: wish.customer_id,
      subscription_id: wish.subscription_id,
      status: 'draft',
      billing_reason: wish.billing_reason,
      currency: wish.currency,
      subtotal,
      discount_total,
      tax_total,
      total,
      amount_due: total,
      amount_remaining: total,
      period_start: wish.period.start,
      period_end: wish.period.end,
      ...(reason === null ? {} : { parked_at: now, parked_reason: reason }),
      created_at: now,
      updated_at: now,
    });
    await this.parts.replaceLines(
      environmentId,
      id,
      wish.lines.map((line, index) => ({
        id: newId('invoice_line'),
        position: index,
        subscription_id: wish.subscription_id,
        ...line,
        tax_amount: lines[index]?.tax_amount ?? 0,
      })),
    );
    await this.rows.insertDetails(environmentId, {
      invoice_id: id,
      seller_name: settings.seller_name ?? (await this.rows.merchantName(environmentId)),
      seller_address: settings.seller_address,
      seller_tax_id: settings.seller_tax_id,
      customer_name: customer.name,
      customer_email: customer.email,
      tax_rate: settings.tax_rate,
      tax_label: settings.tax_label,
      notes: settings.notes,
    });
    if (reason === null) {
      await this.number(environmentId, { id, ...wish, total });
    } else {
      await this.parking.tell(environmentId, candidate, reason);
    }
    return id;
  }

  /** Gives an invoice its number, without a gap, and asks for it, in the open transaction. */
  async number(
    environmentId: string,
    invoice: { id: string; subscription_id: string | null; total: number; currency: string },
  ): Promise<void> {
    const { id, subscription_id: subscription, total, currency } = invoice;
    const now = this.clock.now();
    const settings = await this.rows.nextNumber(environmentId, 'last_number', now);
    const isPaid = total <= 0;
    await this.invoices.update(environmentId, id, {
      number: numbered(settings.prefix, settings.last_number),
      status: isPaid ? 'paid' : 'open',
      due_at: new Date(now.getTime() + settings.payment_terms_days * day),
      issued_at: now,
      paid_at: isPaid ? now : null,
      updated_at: now,
    });
    await this.audit.record(environmentId, {
      action: 'invoice.issued',
      target: { type: 'invoice', id },
      after: { subscription, total, currency },
    });
  }
}

/** `INV-000123`. */
export function numbered(prefix: string, number: number): string {
  return `${prefix}-${String(number).padStart(6, '0')}`;
}
