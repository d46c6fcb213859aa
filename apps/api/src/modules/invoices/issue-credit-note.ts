import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import {
  createStripeCreditNote,
  creditNoteReasons,
  findStripeCreditNote,
} from '../../stripe/stripe.credit-notes.ts';
import { allGiven, creditedAmount } from './credit-note.ts';
import { InvoicePartsRepository } from './invoice-parts.repository.ts';
import {
  CreditNoteTooLarge,
  InvoiceLineNotFound,
  InvoiceNotIssued,
  NotAllGiven,
  PaymentUnderWay,
} from './invoices.errors.ts';
import { takeOverInvoice } from './invoices.jobs.ts';
import type { createCreditNote } from './invoices.schemas.ts';
import { creditNoteOf, type InvoiceRow, InvoicesService } from './invoices.service.ts';
import { ManualCreditNotes } from './manual-credit-notes.ts';
import { TakeOverInvoice } from './take-over-invoice.ts';

const amount = z.int().optional();
const noteIntent = {
  kind: 'invoice.credit_note',
  params: z.object({
    stripe_invoice_id: z.string(),
    amount,
    lines: z.array(z.object({ stripe_line_id: z.string(), amount: z.int() })).optional(),
    reason: z.enum(creditNoteReasons).optional(),
    memo: z.string().optional(),
    credit_amount: amount,
    refund_amount: amount,
    out_of_band_amount: amount,
  }),
};

type Wish = z.output<typeof createCreditNote>;

/** Takes back some of an invoice that was issued: of what is due while it is open; after, as credit or money. */
@Injectable()
export class IssueCreditNote implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesService,
    private readonly parts: InvoicePartsRepository,
    private readonly manual: ManualCreditNotes,
    private readonly takeOver: TakeOverInvoice,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly outbox: Outbox,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...noteIntent,
      call: async (wish, context) =>
        createStripeCreditNote(await this.connections.of(context.environment_id), wish, context),
      recover: async (wish, context) =>
        findStripeCreditNote(await this.connections.of(context.environment_id), wish, context),
      settle: async (environmentId, { stripe_invoice_id: id }) => {
        await this.outbox.add(environmentId, takeOverInvoice, { stripe_invoice_id: id });
      },
    });
  }

  /**
   * Throws `InvoiceNotFound`, `InvoiceNotOnStripe`, `InvoiceNotIssued`, `PaymentUnderWay`, `InvoiceLineNotFound`,
   * `CreditNoteTooLarge`, `NotAllGiven`, and what Stripe refuses.
   */
  async issue(environmentId: string, id: string, wish: Wish) {
    const { stripe_invoice_id: stripeId } = await this.invoices.find(environmentId, id);
    if (stripeId === null) {
      return this.manual.issue(environmentId, id, wish);
    }
    await this.takeOver.take(environmentId, stripeId, { noted: true });
    const invoice = await this.invoices.find(environmentId, id);
    const { lines, amount: total } = await this.extent(environmentId, id, wish);
    const given = this.given(invoice, total, wish);
    const before = await this.notes(environmentId, id);

    const noteId = await this.intents.perform(
      environmentId,
      noteIntent,
      // By the notes before it: the same request twice at once is one note, one after the other they are two.
      `${id}:${before.length}:${total}`,
      {
        stripe_invoice_id: stripeId,
        ...(lines === undefined ? { amount: total } : { lines }),
        ...(wish.reason === undefined ? {} : { reason: wish.reason }),
        ...(wish.memo === undefined ? {} : { memo: wish.memo }),
        ...given,
      },
    );
    await this.takeOver.take(environmentId, stripeId, { noted: true });
    const issued = (await this.notes(environmentId, id)).find(
      (note) => note.stripe_credit_note_id === noteId,
    );
    if (issued === undefined) {
      throw new Error(`The credit note ${noteId} was made and not found.`);
    }
    return creditNoteOf(issued);
  }

  private async extent(environmentId: string, id: string, wish: Wish) {
    if (wish.lines === undefined) {
      return { amount: wish.amount ?? 0, lines: undefined };
    }
    const known = await this.database.tenant(environmentId, () => this.parts.lines(environmentId, [id]));
    const credited = wish.lines.map((named) => {
      const line = known.find((one) => one.id === named.line);
      if (line === undefined || line.stripe_line_id === null) {
        throw new InvoiceLineNotFound(named.line);
      }
      if (named.amount > line.amount) {
        throw new CreditNoteTooLarge(line.amount);
      }
      return { amount: named.amount, line, stripe_line_id: line.stripe_line_id };
    });
    return {
      amount: creditedAmount(credited),
      lines: credited.map(({ amount: taken, stripe_line_id: line }) => ({
        stripe_line_id: line,
        amount: taken,
      })),
    };
  }

  /** How it goes back. An open invoice is only lowered. */
  private given(invoice: InvoiceRow, total: number, wish: Wish) {
    if (invoice.status !== 'open' && invoice.status !== 'paid') {
      throw new InvoiceNotIssued(invoice.id, invoice.status);
    }
    const left =
      invoice.status === 'open' ? invoice.amount_remaining : invoice.total - invoice.amount_credited;
    if (total > left) {
      throw new CreditNoteTooLarge(left);
    }
    if (invoice.status === 'open') {
      if (invoice.paying_by !== null) {
        throw new PaymentUnderWay(invoice.id);
      }
      return {};
    }
    const given = allGiven(total, wish);
    if (given === undefined) {
      throw new NotAllGiven(total);
    }
    // Stripe takes what is not there as not said.
    return Object.fromEntries(Object.entries(given).filter(([, value]) => value > 0));
  }

  private notes(environmentId: string, id: string) {
    return this.database.tenant(environmentId, () => this.parts.creditNotes(environmentId, [id]));
  }
}
