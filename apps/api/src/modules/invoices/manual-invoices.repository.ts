import { Injectable } from '@nestjs/common';
import type { Insertable, Updateable } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import type { InvoiceSettings, ManualInvoices } from '../../platform/database/schema.gen.ts';

/** How an environment's own invoices look, what they said, and which numbers they have. */
@Injectable()
export class ManualInvoicesRepository {
  constructor(private readonly database: Database) {}

  findSettings(environmentId: string) {
    return this.database.q
      .selectFrom('invoice_settings')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .executeTakeFirst();
  }

  async saveSettings(
    environmentId: string,
    change: Omit<Updateable<InvoiceSettings>, 'environment_id'> & { updated_at: Date },
  ): Promise<void> {
    await this.database.q
      .insertInto('invoice_settings')
      .values({ environment_id: environmentId, ...change })
      .onConflict((conflict) => conflict.column('environment_id').doUpdateSet(change))
      .execute();
  }

  /** As they are set, or the defaults, which are written then. */
  async settings(environmentId: string, now: Date) {
    await this.database.q
      .insertInto('invoice_settings')
      .values({ environment_id: environmentId, updated_at: now })
      .onConflict((conflict) => conflict.column('environment_id').doNothing())
      .execute();
    return this.database.q
      .selectFrom('invoice_settings')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .executeTakeFirstOrThrow();
  }

  /** Takes the next number of a kind, locking it until the transaction ends: one that is rolled back leaves no gap. */
  async nextNumber(environmentId: string, kind: 'last_number' | 'last_credit_note_number', now: Date) {
    return this.database.q
      .insertInto('invoice_settings')
      .values({ environment_id: environmentId, [kind]: 1, updated_at: now })
      .onConflict((conflict) =>
        conflict
          .column('environment_id')
          .doUpdateSet((eb) => ({ [kind]: eb(`invoice_settings.${kind}`, '+', 1) })),
      )
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  /** Whose environment it is. */
  async merchantName(environmentId: string): Promise<string> {
    const { name } = await this.database.q
      .selectFrom('environments as e')
      .innerJoin('merchants as m', 'm.id', 'e.merchant_id')
      .select('m.name')
      .where('e.id', '=', environmentId)
      .executeTakeFirstOrThrow();
    return name;
  }

  async insertDetails(
    environmentId: string,
    details: Omit<Insertable<ManualInvoices>, 'environment_id'>,
  ): Promise<void> {
    await this.database.q
      .insertInto('manual_invoices')
      .values({ environment_id: environmentId, ...details })
      .execute();
  }

  findDetails(environmentId: string, invoiceId: string) {
    return this.database.q
      .selectFrom('manual_invoices')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .where('invoice_id', '=', invoiceId)
      .executeTakeFirst();
  }

  async setPaymentReference(
    environmentId: string,
    invoiceId: string,
    reference: string | null,
  ): Promise<void> {
    await this.database.q
      .updateTable('manual_invoices')
      .set({ payment_reference: reference })
      .where('environment_id', '=', environmentId)
      .where('invoice_id', '=', invoiceId)
      .execute();
  }

  async insertCreditNote(
    environmentId: string,
    note: {
      id: string;
      invoice_id: string;
      number: string;
      reason: 'duplicate' | 'fraudulent' | 'order_change' | 'product_unsatisfactory' | null;
      memo: string | null;
      currency: string;
      amount: number;
      before_payment: boolean;
      out_of_band_amount: number;
      created_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('credit_notes')
      .values({ environment_id: environmentId, provider: 'manual', status: 'issued', ...note })
      .execute();
  }

  findCreditNote(environmentId: string, id: string) {
    return this.database.q
      .selectFrom('credit_notes')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .executeTakeFirst();
  }

  async voidCreditNote(environmentId: string, id: string, now: Date): Promise<void> {
    await this.database.q
      .updateTable('credit_notes')
      .set({ status: 'void', voided_at: now })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }
}
