import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';

interface NewManualSubscription {
  id: string;
  customer_id: string;
  plan_id: string;
  plan_version_id: string;
  group: string;
  billing_anchor: Date;
  current_period_start: Date;
  current_period_end: Date;
  billing_due_at: Date;
  created_at: Date;
  updated_at: Date;
}

interface ManualChange {
  status?: 'canceled';
  current_period_start?: Date;
  current_period_end?: Date;
  billed_until?: Date;
  billing_due_at?: Date | null;
  cancel_at?: Date | null;
  canceled_at?: Date | null;
  ended_at?: Date;
  updated_at: Date;
}

/** Subscriptions that BillingOS invoices itself. */
@Injectable()
export class ManualSubscriptionsRepository {
  constructor(private readonly database: Database) {}

  async insert(
    environmentId: string,
    subscription: NewManualSubscription,
    items: { id: string; price_id: string; quantity: number }[],
  ): Promise<void> {
    await this.database.q
      .insertInto('subscriptions')
      .values({ environment_id: environmentId, provider: 'manual', status: 'active', ...subscription })
      .execute();
    if (items.length > 0) {
      await this.database.q
        .insertInto('subscription_items')
        .values(
          items.map((item) => ({ environment_id: environmentId, subscription_id: subscription.id, ...item })),
        )
        .execute();
    }
  }

  /** Finds and locks one that BillingOS invoices. The customer is locked before. */
  lock(environmentId: string, id: string) {
    return this.database.q
      .selectFrom('subscriptions')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('provider', '=', 'manual')
      .forUpdate()
      .executeTakeFirst();
  }

  async update(environmentId: string, id: string, change: ManualChange): Promise<void> {
    await this.database.q
      .updateTable('subscriptions')
      .set((eb) => ({ ...change, version: eb('version', '+', 1) }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('provider', '=', 'manual')
      .execute();
  }

  /** When to look again; nothing that anybody sees. */
  async setDue(environmentId: string, id: string, dueAt: Date | null): Promise<void> {
    await this.database.q
      .updateTable('subscriptions')
      .set({ billing_due_at: dueAt })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('provider', '=', 'manual')
      .execute();
  }

  /** Takes what is due, of all environments. */
  async claimDue(
    now: Date,
    { lease_seconds: seconds, limit }: { lease_seconds: number; limit: number },
  ): Promise<{ environment_id: string; id: string }[]> {
    const { rows } = await sql<{ environment_id: string; id: string }>`
      select * from app.claim_manual_billing(${now}, make_interval(secs => ${seconds}), ${limit})
    `.execute(this.database.functions);
    return rows;
  }
}
