import { Injectable } from '@nestjs/common';
import { renderToBuffer } from '@react-pdf/renderer';
import { sum } from '@billingos/pricing/money';
import { Database } from '../../platform/database/database.ts';
import { InvoiceDocument, type PrintedInvoice } from './invoice-document.tsx';
import { InvoicePartsRepository } from './invoice-parts.repository.ts';
import { InvoiceNotManual } from './invoices.errors.ts';
import { InvoicesService } from './invoices.service.ts';
import { ManualInvoicesRepository } from './manual-invoices.repository.ts';

/** Prints the invoices that BillingOS wrote; Stripe prints its own. */
@Injectable()
export class PrintInvoice {
  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesService,
    private readonly parts: InvoicePartsRepository,
    private readonly rows: ManualInvoicesRepository,
  ) {}

  /** A PDF, named by the invoice's number. Throws `InvoiceNotFound`, `InvoiceNotManual`. */
  async print(environmentId: string, id: string): Promise<{ name: string; content: Buffer }> {
    const invoice = await this.printed(environmentId, id);
    return { name: invoice.number, content: await renderToBuffer(InvoiceDocument({ invoice })) };
  }

  private printed(environmentId: string, id: string): Promise<PrintedInvoice> {
    return this.database.tenant(environmentId, async () => {
      const invoice = await this.invoices.find(environmentId, id);
      const details = await this.rows.findDetails(environmentId, id);
      if (details === undefined || invoice.number === null || invoice.issued_at === null) {
        throw new InvoiceNotManual(id);
      }
      const lines = await this.parts.lines(environmentId, [id]);
      const notes = await this.parts.creditNotes(environmentId, [id]);
      return {
        ...invoice,
        number: invoice.number,
        issued_at: invoice.issued_at,
        seller: {
          name: details.seller_name,
          address: details.seller_address,
          tax_id: details.seller_tax_id,
        },
        customer: {
          name:
            details.customer_name ??
            details.customer_email ??
            invoice.customer_external_id ??
            invoice.customer_id,
          email: details.customer_name === null ? null : details.customer_email,
        },
        lines: lines.map((line) => ({
          description: line.description ?? '',
          period:
            line.period_start === null || line.period_end === null
              ? null
              : { start: line.period_start, end: line.period_end },
          quantity: line.quantity,
          unit_amount: line.unit_amount,
          amount: line.amount,
        })),
        tax:
          Number(details.tax_rate) === 0
            ? null
            : { label: details.tax_label, rate: details.tax_rate, amount: invoice.tax_total },
        credited: sum(
          notes.filter((note) => note.status === 'issued' && note.before_payment).map((note) => note.amount),
        ),
        paid: invoice.amount_paid,
        remaining: invoice.amount_remaining,
        notes: details.notes,
      };
    });
  }
}
