import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';

const columns = [
  'id',
  'customer_id',
  'pack_id',
  'packs',
  'credits',
  'amount',
  'currency',
  'expires_after_days',
  'is_automatic',
  'state',
  'failure',
  'stripe_invoice_id',
  'payment_method',
  'amount_back',
  'created_at',
  'settled_at',
] as const;

/** Purchases of credits. */
@Injectable()
export class TopUpsRepository {
  constructor(private readonly database: Database) {}

  /** False when its key came before, or another automatic one of the customer is under way. */
  async insert(
    environmentId: string,
    topUp: {
      id: string;
      customer_id: string;
      pack_id: string;
      packs: number;
      credits: string;
      amount: number;
      currency: string;
      expires_after_days: number | null;
      idempotency_key: string | null;
      payment_method: string | null;
      is_automatic: boolean;
      created_at: Date;
    },
  ): Promise<boolean> {
    const { numInsertedOrUpdatedRows: inserted } = await this.database.q
      .insertInto('credit_top_ups')
      .values({ environment_id: environmentId, ...topUp, state: 'pending' })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return (inserted ?? 0n) > 0n;
  }

  find(environmentId: string, id: string) {
    return this.select(environmentId).where('id', '=', id).executeTakeFirst();
  }

  findByKey(environmentId: string, key: string) {
    return this.select(environmentId).where('idempotency_key', '=', key).executeTakeFirst();
  }

  /** Locked until the transaction ends. */
  lockByInvoice(environmentId: string, stripeInvoiceId: string) {
    return this.select(environmentId)
      .where('stripe_invoice_id', '=', stripeInvoiceId)
      .forUpdate()
      .executeTakeFirst();
  }

  list(environmentId: string, customerId: string, page: PageRequest) {
    return this.select(environmentId)
      .where('customer_id', '=', customerId)
      .$call(newestFirst('id', page))
      .execute();
  }

  /** Automatic ones that were not refused: how many since a time, and what those of since another cost. */
  automatic(environmentId: string, customerId: string, since: { hour: Date; month: Date }) {
    return this.database.q
      .selectFrom('credit_top_ups')
      .select([
        sql<number>`count(*) filter (where created_at > ${since.hour})`.as('in_hour'),
        sql<number>`coalesce(sum(amount) filter (where state <> 'failed'), 0)::bigint`.as('amount_in_month'),
      ])
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .where('is_automatic', '=', true)
      .where('created_at', '>', since.month)
      .executeTakeFirstOrThrow();
  }

  /** Whether money of a purchase went back since a time. */
  async wentBack(environmentId: string, customerId: string, since: Date): Promise<boolean> {
    const row = await this.database.q
      .selectFrom('credit_top_ups')
      .select('id')
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .where('went_back_at', '>=', since)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** How many were refused to a customer since a time. */
  async refused(environmentId: string, customerId: string, since: Date): Promise<number> {
    const { count } = await this.database.q
      .selectFrom('credit_top_ups')
      .select(sql<number>`count(*)`.as('count'))
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .where('state', '=', 'failed')
      .where('created_at', '>', since)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /** The newest automatic one. */
  lastAutomatic(environmentId: string, customerId: string) {
    return this.select(environmentId)
      .where('customer_id', '=', customerId)
      .where('is_automatic', '=', true)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
  }

  async update(
    environmentId: string,
    id: string,
    change: {
      state?: 'open' | 'paid' | 'failed';
      failure?: string | null;
      stripe_invoice_id?: string;
      settled_at?: Date;
      amount_back?: number;
      went_back_at?: Date;
    },
  ): Promise<void> {
    await this.database.q
      .updateTable('credit_top_ups')
      .set(change)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  private select(environmentId: string) {
    return this.database.q
      .selectFrom('credit_top_ups')
      .select(columns)
      .where('environment_id', '=', environmentId);
  }
}
