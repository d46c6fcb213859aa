import { Injectable } from '@nestjs/common';
import { TakeOverInvoice } from '../../invoices/take-over-invoice.ts';
import { TakeOverPayments } from '../../payments/take-over-payments.ts';
import type { EventHandler, ReceivedEvent } from './handler.ts';

/** A credit note was issued, changed or made void: take over its invoice, and what it gave back. */
@Injectable()
export class CreditNoteChanged implements EventHandler {
  readonly types = ['credit_note.created', 'credit_note.updated', 'credit_note.voided'];

  constructor(
    private readonly invoices: TakeOverInvoice,
    private readonly payments: TakeOverPayments,
  ) {}

  async handle({ environment_id: environmentId, object }: ReceivedEvent): Promise<void> {
    if (object.invoice !== null) {
      await this.invoices.take(environmentId, object.invoice, { noted: true });
      await this.payments.takeInvoice(environmentId, object.invoice);
    }
  }
}
