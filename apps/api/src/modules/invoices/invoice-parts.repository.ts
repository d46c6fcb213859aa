import { Injectable } from '@nestjs/common';
import type { Insertable } from 'kysely';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import type { CreditNotes, InvoiceLines, Payments } from '../../platform/database/schema.gen.ts';

type New<T> = Omit<Insertable<T>, 'environment_id' | 'invoice_id'>;

/** What belongs to invoices: lines, payments, credit notes; and the refunds, which `payments` writes. */
@Injectable()
export class InvoicePartsRepository {
  constructor(private readonly database: Database) {}

  lines(environmentId: string, invoiceIds: string[]) {
    return this.database.q
      .selectFrom('invoice_lines')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .where('invoice_id', 'in', atLeastOne(invoiceIds))
      .orderBy('invoice_id')
      .orderBy('position')
      .execute();
  }

  /** Makes an invoice's lines these and no others. */
  async replaceLines(environmentId: string, invoiceId: string, lines: New<InvoiceLines>[]): Promise<void> {
    await this.database.q
      .deleteFrom('invoice_lines')
      .where('environment_id', '=', environmentId)
      .where('invoice_id', '=', invoiceId)
      .execute();
    if (lines.length > 0) {
      await this.database.q
        .insertInto('invoice_lines')
        .values(lines.map((line) => ({ environment_id: environmentId, invoice_id: invoiceId, ...line })))
        .execute();
    }
  }

  payments(environmentId: string, invoiceIds: string[]) {
    return (
      this.database.q
        .selectFrom('payments')
        .selectAll()
        .where('environment_id', '=', environmentId)
        .where('invoice_id', 'in', atLeastOne(invoiceIds))
        .orderBy('created_at')
        // Stripe dates charges by the second. Nothing is tried again once a charge succeeded, so that one is the last.
        .orderBy((eb) => eb('status', '=', 'succeeded'))
        .orderBy('stripe_charge_id')
        .execute()
    );
  }

  findPaymentByIntent(environmentId: string, stripePaymentIntentId: string) {
    return this.database.q
      .selectFrom('payments')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .where('stripe_payment_intent_id', '=', stripePaymentIntentId)
      .limit(1)
      .executeTakeFirst();
  }

  async savePayments(environmentId: string, invoiceId: string, payments: New<Payments>[]): Promise<void> {
    if (payments.length === 0) {
      return;
    }
    await this.database.q
      .insertInto('payments')
      .values(payments.map((one) => ({ environment_id: environmentId, invoice_id: invoiceId, ...one })))
      .onConflict((conflict) =>
        conflict.columns(['environment_id', 'stripe_charge_id']).doUpdateSet((eb) => ({
          status: eb.ref('excluded.status'),
          amount: eb.ref('excluded.amount'),
          method_type: eb.ref('excluded.method_type'),
          card_brand: eb.ref('excluded.card_brand'),
          card_last4: eb.ref('excluded.card_last4'),
          amount_refunded: eb.ref('excluded.amount_refunded'),
          failure_code: eb.ref('excluded.failure_code'),
          failure_message: eb.ref('excluded.failure_message'),
          is_disputed: eb.ref('excluded.is_disputed'),
        })),
      )
      .execute();
  }

  creditNotes(environmentId: string, invoiceIds: string[]) {
    return this.database.q
      .selectFrom('credit_notes')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .where('invoice_id', 'in', atLeastOne(invoiceIds))
      .orderBy('created_at')
      .orderBy('id')
      .execute();
  }

  async saveCreditNotes(environmentId: string, invoiceId: string, notes: New<CreditNotes>[]): Promise<void> {
    if (notes.length === 0) {
      return;
    }
    await this.database.q
      .insertInto('credit_notes')
      .values(notes.map((note) => ({ environment_id: environmentId, invoice_id: invoiceId, ...note })))
      .onConflict((conflict) =>
        conflict.columns(['environment_id', 'stripe_credit_note_id']).doUpdateSet((eb) => ({
          status: eb.ref('excluded.status'),
          reason: eb.ref('excluded.reason'),
          memo: eb.ref('excluded.memo'),
          amount: eb.ref('excluded.amount'),
          before_payment: eb.ref('excluded.before_payment'),
          credit_amount: eb.ref('excluded.credit_amount'),
          refund_amount: eb.ref('excluded.refund_amount'),
          out_of_band_amount: eb.ref('excluded.out_of_band_amount'),
          voided_at: eb.ref('excluded.voided_at'),
        })),
      )
      .execute();
  }

  refunds(environmentId: string, invoiceIds: string[]) {
    return this.database.q
      .selectFrom('refunds')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .where('invoice_id', 'in', atLeastOne(invoiceIds))
      .orderBy('created_at')
      .orderBy('id')
      .execute();
  }

  /** Our prices that Stripe's prices are. */
  /** What an invoice charges of use: each meter, and of what time. */
  usagePeriods(environmentId: string, invoiceId: string) {
    return this.database.q
      .selectFrom('invoice_lines as l')
      .innerJoin('prices as p', (join) =>
        join.onRef('p.environment_id', '=', 'l.environment_id').onRef('p.id', '=', 'l.price_id'),
      )
      .innerJoin('features as f', (join) =>
        join.onRef('f.environment_id', '=', 'p.environment_id').onRef('f.id', '=', 'p.feature_id'),
      )
      .select(['f.meter_id', 'l.period_start as start', 'l.period_end as end'])
      .distinct()
      .where('l.environment_id', '=', environmentId)
      .where('l.invoice_id', '=', invoiceId)
      .where('l.kind', '=', 'usage')
      .where('f.meter_id', 'is not', null)
      .where('l.period_start', 'is not', null)
      .where('l.period_end', 'is not', null)
      .$narrowType<{ meter_id: string; start: Date; end: Date }>()
      .execute();
  }

  prices(environmentId: string, stripePriceIds: string[]) {
    return this.database.q
      .selectFrom('prices')
      .select(['id', 'stripe_price_id', 'feature_id'])
      .where('environment_id', '=', environmentId)
      .where('stripe_price_id', 'in', atLeastOne(stripePriceIds))
      .execute();
  }
}
