import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';

const grantColumns = [
  'id',
  'customer_id',
  'source',
  'quantity',
  'remaining',
  'priority',
  'effective_at',
  'expires_at',
  'reason',
  'voided_at',
  'taken_back',
  'created_at',
] as const;

export interface NewGrant {
  id: string;
  customer_id: string;
  source: 'plan' | 'add_on' | 'top_up' | 'manual';
  source_id: string | null;
  allowance_id: string | null;
  quantity: string;
  priority: number;
  interval: 'day' | 'week' | 'month' | 'year' | null;
  interval_count: number | null;
  effective_at: Date;
  expires_at: Date | null;
  reason: string | null;
  created_at: Date;
}

/** The files of `supabase/routines/credits` say what they do. */
export interface PoolToTell {
  environment_id: string;
  customer_id: string;
  balance: string;
  low_at: string | null;
  is_low: boolean;
}

@Injectable()
export class CreditsRepository {
  constructor(private readonly database: Database) {}

  async openPool(environmentId: string, customerId: string, now: Date): Promise<void> {
    await sql`select app.open_credit_pool(${environmentId}, ${customerId}, ${now})`.execute(this.database.q);
  }

  /** Locks the pool until the transaction ends and does what is due. False: there is none. */
  async lockPool(environmentId: string, customerId: string, now: Date): Promise<boolean> {
    const { rows } = await sql<{ locked: boolean }>`
      select app.lock_credits(${environmentId}, ${customerId}, ${now}) as locked`.execute(this.database.q);
    return rows[0]?.locked ?? false;
  }

  /** Adds to a grant, or takes from it, and writes the entry that says why. */
  async move(
    environmentId: string,
    grantId: string,
    kind: 'grant' | 'void' | 'unvoid',
    quantity: string,
    now: Date,
  ): Promise<void> {
    await sql`select app.move_credits(
      ${environmentId}, ${grantId}, ${kind}, ${quantity}::numeric, ${now}, null, null)`.execute(
      this.database.q,
    );
  }

  /** False when what it is given for gave before. */
  async insertGrant(environmentId: string, grant: NewGrant): Promise<boolean> {
    const { numInsertedOrUpdatedRows: inserted } = await this.database.q
      .insertInto('credit_grants')
      .values({ environment_id: environmentId, ...grant, remaining: '0' })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return (inserted ?? 0n) > 0n;
  }

  findGrant(environmentId: string, id: string) {
    return this.database.q
      .selectFrom('credit_grants')
      .select(grantColumns)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .executeTakeFirst();
  }

  listGrants(environmentId: string, customerId: string, page: PageRequest) {
    return this.database.q
      .selectFrom('credit_grants')
      .select(grantColumns)
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .$call(newestFirst('id', page))
      .execute();
  }

  async markVoided(environmentId: string, id: string, at: Date | null): Promise<void> {
    await this.database.q
      .updateTable('credit_grants')
      .set({ voided_at: at })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  async setTakenBack(environmentId: string, id: string, takenBack: string): Promise<void> {
    await this.database.q
      .updateTable('credit_grants')
      .set({ taken_back: takenBack })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  /** What voiding a grant, or a refund, has taken from it, as far as it was not given back. */
  async voided(environmentId: string, grantId: string): Promise<string> {
    const { taken } = await this.database.q
      .selectFrom('credit_entries')
      .select(sql<string>`coalesce(-sum(quantity), 0)`.as('taken'))
      .where('environment_id', '=', environmentId)
      .where('grant_id', '=', grantId)
      .where('kind', 'in', ['void', 'unvoid'])
      .executeTakeFirstOrThrow();
    return taken;
  }

  listEntries(environmentId: string, customerId: string, page: PageRequest) {
    return this.database.q
      .selectFrom('credit_entries')
      .leftJoin('meters', (join) =>
        join
          .onRef('meters.environment_id', '=', 'credit_entries.environment_id')
          .onRef('meters.id', '=', 'credit_entries.meter_id'),
      )
      .select([
        'credit_entries.id',
        'credit_entries.grant_id',
        'credit_entries.kind',
        'credit_entries.quantity',
        'credit_entries.occurred_at',
        'meters.key as meter',
      ])
      .where('credit_entries.environment_id', '=', environmentId)
      .where('credit_entries.customer_id', '=', customerId)
      .$call(newestFirst('credit_entries.id', page))
      .execute();
  }

  findPool(environmentId: string, customerId: string) {
    return this.database.q
      .selectFrom('credit_pools')
      .select(['low_at'])
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .executeTakeFirst();
  }

  async setLowAt(environmentId: string, customerId: string, lowAt: string | null): Promise<void> {
    await this.database.q
      .updateTable('credit_pools')
      .set({ low_at: lowAt })
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .execute();
  }

  /** What is left of grants that are effective, and of those that will be. */
  sums(environmentId: string, customerId: string, now: Date) {
    return this.database.q
      .selectFrom('credit_grants')
      .select([
        sql<string>`coalesce(sum(remaining) filter (where effective_at <= ${now}), 0)`.as('balance'),
        sql<string>`coalesce(sum(remaining) filter (where effective_at > ${now}), 0)`.as('scheduled'),
      ])
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .where('remaining', '>', '0')
      .executeTakeFirstOrThrow();
  }

  /** How many units of a meter credits have paid for, in periods that begin within a span of time. An exact decimal. */
  async paidUnits(
    environmentId: string,
    of: { customer_id: string; meter_id: string; start: Date; end: Date },
  ): Promise<string> {
    const { units } = await this.database.q
      .selectFrom('credit_draws')
      .select(sql<string>`coalesce(sum(units), 0)::text`.as('units'))
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', of.customer_id)
      .where('meter_id', '=', of.meter_id)
      .where('period_start', '>=', of.start)
      .where('period_start', '<', of.end)
      .executeTakeFirstOrThrow();
    return units;
  }

  nextExpiry(environmentId: string, customerId: string, now: Date) {
    return this.database.q
      .selectFrom('credit_grants')
      .select(['expires_at', sql<string>`sum(remaining)`.as('quantity')])
      .$narrowType<{ expires_at: Date }>()
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .where('remaining', '>', '0')
      .where('effective_at', '<=', now)
      .where('expires_at', 'is not', null)
      .groupBy('expires_at')
      .orderBy('expires_at')
      .limit(1)
      .executeTakeFirst();
  }

  /** Pools of all environments whose balance is on the other side of what was set than was told. */
  async toTell(now: Date, rowsMax: number): Promise<PoolToTell[]> {
    const { rows } = await sql<PoolToTell>`
      select * from app.credit_pools_to_tell(${now}, ${rowsMax})`.execute(this.database.functions);
    return rows;
  }

  /** Notes what is told now. False: that was noted already. */
  async tell(pool: PoolToTell, now: Date): Promise<boolean> {
    const { numUpdatedRows: updated } = await this.database.q
      .updateTable('credit_pools')
      .set({ low_since: pool.is_low ? now : null })
      .where('environment_id', '=', pool.environment_id)
      .where('customer_id', '=', pool.customer_id)
      .where('low_since', pool.is_low ? 'is' : 'is not', null)
      .executeTakeFirstOrThrow();
    return updated > 0n;
  }

  /** Pools of all environments of which something has expired, or is to be granted anew. */
  async due(now: Date, rowsMax: number) {
    const { rows } = await sql<{ environment_id: string; customer_id: string }>`
      select * from app.due_credit_pools(${now}, ${rowsMax})`.execute(this.database.functions);
    return rows;
  }
}
