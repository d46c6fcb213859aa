import { Injectable } from '@nestjs/common';
import { type Insertable, sql, type Updateable } from 'kysely';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { Invoices } from '../../platform/database/schema.gen.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import type { InvoiceStatus } from '../../stripe/stripe.invoice-state.ts';

export interface InvoiceFilter extends PageRequest {
  customer_id?: string | undefined;
  subscription?: string | undefined;
  status?: InvoiceStatus | undefined;
  created_from?: Date | undefined;
  created_to?: Date | undefined;
}

@Injectable()
export class InvoicesRepository {
  constructor(private readonly database: Database) {}

  find(environmentId: string, id: string) {
    return this.select(environmentId).where('i.id', '=', id).executeTakeFirst();
  }

  findByStripeId(environmentId: string, stripeInvoiceId: string) {
    return this.select(environmentId).where('i.stripe_invoice_id', '=', stripeInvoiceId).executeTakeFirst();
  }

  findByStripeIds(environmentId: string, stripeInvoiceIds: string[]) {
    return this.select(environmentId)
      .where('i.stripe_invoice_id', 'in', atLeastOne(stripeInvoiceIds))
      .execute();
  }

  /** Those of Stripe that may still be paid or dropped, in the order of their ids, after one of them. */
  listUnsettled(environmentId: string, after: string, limit: number) {
    return this.select(environmentId)
      .where('i.id', '>', after)
      .where('i.status', 'in', ['draft', 'open'])
      .where('i.stripe_invoice_id', 'is not', null)
      .orderBy('i.id')
      .limit(limit)
      .execute();
  }

  /** Finds and locks: what is decided about an invoice is decided one after the other. */
  lock(environmentId: string, id: string) {
    return this.select(environmentId).where('i.id', '=', id).forUpdate('i').executeTakeFirst();
  }

  list(environmentId: string, filter: InvoiceFilter) {
    let query = this.select(environmentId);
    if (filter.customer_id !== undefined) {
      query = query.where('i.customer_id', '=', filter.customer_id);
    }
    if (filter.subscription !== undefined) {
      query = query.where('i.subscription_id', '=', filter.subscription);
    }
    if (filter.status !== undefined) {
      query = query.where('i.status', '=', filter.status);
    }
    if (filter.created_from !== undefined) {
      query = query.where('i.created_at', '>=', filter.created_from);
    }
    if (filter.created_to !== undefined) {
      query = query.where('i.created_at', '<', filter.created_to);
    }
    return query.$call(newestFirst('i.id', filter)).execute();
  }

  sequences(environmentId: string, customerId: string) {
    return this.database.q
      .selectFrom('invoices')
      .select(['id', 'stripe_invoice_id', 'stripe_sequence'])
      .$narrowType<{ stripe_invoice_id: string }>()
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .where('stripe_invoice_id', 'is not', null)
      .execute();
  }

  /** Drafts that may have all of their use now. Whoever dies over one leaves it to the next after the lease. */
  async claimUsageDue(
    now: Date,
    leaseSeconds: number,
    limit: number,
  ): Promise<{ environment_id: string; id: string }[]> {
    const { rows } = await sql<{ environment_id: string; id: string }>`
      select * from app.claim_usage_invoices(${now}, make_interval(secs => ${leaseSeconds}), ${limit})
    `.execute(this.database.functions);
    return rows;
  }

  /** A Stripe invoice that is held back, or waits for its use. */
  findHeld(environmentId: string, stripeInvoiceId: string) {
    return this.database.tenant(environmentId, () =>
      this.select(environmentId)
        .where('i.stripe_invoice_id', '=', stripeInvoiceId)
        .where((eb) => eb.or([eb('i.parked_at', 'is not', null), eb('i.usage_due_at', 'is not', null)]))
        .executeTakeFirst(),
    );
  }

  /** What the last invoices of a subscription for about so long a time came to, if they came to anything. */
  async earlierTotals(
    environmentId: string,
    subscriptionId: string,
    of: { currency: string; lasting_seconds: number; except: string; limit: number },
  ): Promise<number[]> {
    const rows = await this.database.q
      .selectFrom('invoices as i')
      .innerJoin('invoice_lines as l', (join) =>
        join.onRef('l.environment_id', '=', 'i.environment_id').onRef('l.invoice_id', '=', 'i.id'),
      )
      .select('i.total')
      .where('i.environment_id', '=', environmentId)
      .where('i.subscription_id', '=', subscriptionId)
      .where('i.currency', '=', of.currency)
      .where('i.status', 'in', ['open', 'paid', 'uncollectible'])
      .where('i.total', '>', 0)
      .where('i.id', '<>', of.except)
      .where('l.kind', 'in', ['recurring', 'usage', 'proration'])
      .groupBy(['i.id', 'i.total', 'i.created_at'])
      .having(
        sql<boolean>`extract(epoch from max(l.period_end - l.period_start))
          between ${of.lasting_seconds}::float8 * 0.8 and ${of.lasting_seconds}::float8 * 1.25`,
      )
      .orderBy('i.created_at', 'desc')
      .limit(of.limit)
      .execute();
    return rows.map(({ total }) => total);
  }

  /** How often a subscription was charged for something since a time, on invoices that were not taken back. */
  async chargesSince(
    environmentId: string,
    subscriptionId: string,
    of: { since: Date; except: string },
  ): Promise<number> {
    const { count } = await this.database.q
      .selectFrom('invoices as i')
      .innerJoin('invoice_lines as l', (join) =>
        join.onRef('l.environment_id', '=', 'i.environment_id').onRef('l.invoice_id', '=', 'i.id'),
      )
      .select(sql<number>`count(*)::int`.as('count'))
      .where('i.environment_id', '=', environmentId)
      .where('i.subscription_id', '=', subscriptionId)
      .where('i.created_at', '>', of.since)
      .where('i.status', '<>', 'void')
      .where('i.id', '<>', of.except)
      .where('l.kind', 'in', ['recurring', 'usage', 'proration'])
      .executeTakeFirstOrThrow();
    return count;
  }

  async insert(environmentId: string, invoice: Omit<Insertable<Invoices>, 'environment_id'>): Promise<void> {
    await this.database.q
      .insertInto('invoices')
      .values({ environment_id: environmentId, ...invoice })
      .execute();
  }

  async update(environmentId: string, id: string, change: Updateable<Invoices>): Promise<void> {
    await this.database.q
      .updateTable('invoices')
      .set((eb) => ({ ...change, version: eb('version', '+', 1) }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  async setPaying(
    environmentId: string,
    id: string,
    paying: { paying_by: string; paying_until: Date },
  ): Promise<void> {
    await this.database.q
      .updateTable('invoices')
      .set(paying)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  /** False: `from` does not hold the right to pay (any more). */
  async renamePayer(environmentId: string, id: string, name: { from: string; to: string }): Promise<boolean> {
    const { numUpdatedRows } = await this.database.q
      .updateTable('invoices')
      .set({ paying_by: name.to })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('paying_by', '=', name.from)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async clearPayer(environmentId: string, id: string, holder: string): Promise<void> {
    await this.database.q
      .updateTable('invoices')
      .set({ paying_by: null, paying_until: null })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('paying_by', '=', holder)
      .execute();
  }

  /** Counts up what was taken over from Stripe, of a locked invoice. */
  async setSequence(
    environmentId: string,
    id: string,
    sequence: { stripe_sequence: number } | { payments_sequence: number },
  ): Promise<void> {
    await this.database.q
      .updateTable('invoices')
      .set(sequence)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  /** Sums by currency: what is open, of that what is overdue, and what was paid since. */
  async summary(environmentId: string, at: { now: Date; paid_since: Date }) {
    // Overdue: after its day, or where the card is charged at once, after it was refused.
    const isOverdue = sql<boolean>`status = 'open'
      and (due_at < ${at.now} or (due_at is null and attempt_count > 0 and amount_remaining > 0))`;
    return this.database.q
      .selectFrom('invoices')
      .select([
        'currency',
        sql<number>`count(*) filter (where status = 'open')`.as('open_count'),
        sql<number>`count(*) filter (where ${isOverdue})`.as('overdue_count'),
        // A sum of bigint is numeric, a string: it is brought back to bigint.
        sql<number>`coalesce(sum(amount_remaining) filter (where status = 'open'), 0)::bigint`.as('open'),
        sql<number>`coalesce(sum(amount_remaining) filter (where ${isOverdue}), 0)::bigint`.as('overdue'),
        sql<number>`coalesce(sum(amount_paid) filter (where status = 'paid' and paid_at >= ${at.paid_since}), 0)::bigint`.as(
          'paid',
        ),
      ])
      .where('environment_id', '=', environmentId)
      .groupBy('currency')
      .orderBy('currency')
      .execute();
  }

  private select(environmentId: string) {
    return this.database.q
      .selectFrom('invoices as i')
      .innerJoin('customers as c', (join) =>
        join.onRef('c.environment_id', '=', 'i.environment_id').onRef('c.id', '=', 'i.customer_id'),
      )
      .selectAll('i')
      .select([
        'c.external_id as customer_external_id',
        'c.name as customer_name',
        'c.email as customer_email',
        'c.stripe_customer_id',
      ])
      .where('i.environment_id', '=', environmentId);
  }
}
