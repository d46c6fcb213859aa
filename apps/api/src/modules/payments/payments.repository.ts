import { Injectable } from '@nestjs/common';
import type { Insertable } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { Disputes, Refunds } from '../../platform/database/schema.gen.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import type { DisputeStatus } from '../../stripe/stripe.disputes.ts';

type New<T> = Omit<Insertable<T>, 'environment_id'>;

@Injectable()
export class PaymentsRepository {
  constructor(private readonly database: Database) {}

  listRefunds(environmentId: string, page: PageRequest & { invoice?: string | undefined }) {
    let query = this.database.q.selectFrom('refunds').selectAll().where('environment_id', '=', environmentId);
    if (page.invoice !== undefined) {
      query = query.where('invoice_id', '=', page.invoice);
    }
    return query.$call(newestFirst('id', page)).execute();
  }

  refundsOf(environmentId: string, invoiceId: string) {
    return this.database.q
      .selectFrom('refunds')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .where('invoice_id', '=', invoiceId)
      .execute();
  }

  findRefundByStripeId(environmentId: string, stripeRefundId: string) {
    return this.database.q
      .selectFrom('refunds')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .where('stripe_refund_id', '=', stripeRefundId)
      .executeTakeFirst();
  }

  async saveRefund(environmentId: string, refund: New<Refunds>): Promise<void> {
    await this.database.q
      .insertInto('refunds')
      .values({ environment_id: environmentId, ...refund })
      .onConflict((conflict) =>
        conflict.columns(['environment_id', 'stripe_refund_id']).doUpdateSet((eb) => ({
          payment_id: eb.ref('excluded.payment_id'),
          status: eb.ref('excluded.status'),
          amount: eb.ref('excluded.amount'),
          reason: eb.ref('excluded.reason'),
          failure_reason: eb.ref('excluded.failure_reason'),
          updated_at: eb.ref('excluded.updated_at'),
        })),
      )
      .execute();
  }

  listDisputes(
    environmentId: string,
    page: PageRequest & { invoice?: string | undefined; status?: DisputeStatus | undefined },
  ) {
    let query = this.database.q
      .selectFrom('disputes')
      .selectAll()
      .where('environment_id', '=', environmentId);
    if (page.invoice !== undefined) {
      query = query.where('invoice_id', '=', page.invoice);
    }
    if (page.status !== undefined) {
      query = query.where('status', '=', page.status);
    }
    return query.$call(newestFirst('id', page)).execute();
  }

  findDispute(environmentId: string, id: string) {
    return this.database.q
      .selectFrom('disputes')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .executeTakeFirst();
  }

  disputesOf(environmentId: string, invoiceId: string) {
    return this.database.q
      .selectFrom('disputes')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .where('invoice_id', '=', invoiceId)
      .execute();
  }

  /** How the disputes about any invoice of a subscription stand. */
  disputesOfSubscription(environmentId: string, subscriptionId: string) {
    return this.database.q
      .selectFrom('disputes as d')
      .innerJoin('invoices as i', (join) =>
        join.onRef('i.environment_id', '=', 'd.environment_id').onRef('i.id', '=', 'd.invoice_id'),
      )
      .select(['d.id', 'd.status'])
      .where('d.environment_id', '=', environmentId)
      .where('i.subscription_id', '=', subscriptionId)
      .execute();
  }

  async saveDispute(environmentId: string, dispute: New<Disputes>): Promise<void> {
    await this.database.q
      .insertInto('disputes')
      .values({ environment_id: environmentId, ...dispute })
      .onConflict((conflict) =>
        conflict.columns(['environment_id', 'stripe_dispute_id']).doUpdateSet((eb) => ({
          payment_id: eb.ref('excluded.payment_id'),
          status: eb.ref('excluded.status'),
          amount: eb.ref('excluded.amount'),
          reason: eb.ref('excluded.reason'),
          evidence_due_at: eb.ref('excluded.evidence_due_at'),
          has_evidence: eb.ref('excluded.has_evidence'),
          closed_at: eb.ref('excluded.closed_at'),
          updated_at: eb.ref('excluded.updated_at'),
        })),
      )
      .execute();
  }

  settings(environmentId: string) {
    return this.database.q
      .selectFrom('payment_settings')
      .select(['dispute_policy'])
      .where('environment_id', '=', environmentId)
      .executeTakeFirst();
  }

  async saveSettings(
    environmentId: string,
    settings: { dispute_policy: 'suspend' | 'keep'; updated_at: Date },
  ): Promise<void> {
    await this.database.q
      .insertInto('payment_settings')
      .values({ environment_id: environmentId, ...settings })
      .onConflict((conflict) => conflict.column('environment_id').doUpdateSet(settings))
      .execute();
  }
}
