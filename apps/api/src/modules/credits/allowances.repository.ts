import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';

const columns = [
  'id',
  'slot',
  'source',
  'quantity',
  'interval',
  'interval_count',
  'rollover_max',
  'rollover_periods',
  'next_reset_at',
  'granted',
  'ended_at',
] as const;

export interface AllowanceTerms {
  quantity: string;
  interval: 'day' | 'week' | 'month' | 'year';
  interval_count: number;
  anchor: Date;
  rollover_max: string | null;
  rollover_periods: number | null;
}

/** What subscriptions grant anew each interval. */
@Injectable()
export class AllowancesRepository {
  constructor(private readonly database: Database) {}

  ofSubscription(environmentId: string, subscriptionId: string) {
    return this.database.q
      .selectFrom('credit_allowances')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where('subscription_id', '=', subscriptionId)
      .execute();
  }

  ofCustomer(environmentId: string, customerId: string) {
    return this.database.q
      .selectFrom('credit_allowances')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .where('ended_at', 'is', null)
      .orderBy('id')
      .execute();
  }

  /** The period that a moment lies in, counted from the anchor. */
  async periodAt(terms: Pick<AllowanceTerms, 'anchor' | 'interval' | 'interval_count'>, at: Date) {
    const { rows } = await sql<{ period_start: Date; period_end: Date }>`
      select * from app.period_at(${terms.anchor}, ${terms.interval}, ${terms.interval_count}, ${at})`.execute(
      this.database.q,
    );
    const [period] = rows;
    if (period === undefined) {
      throw new Error('A period was left without an answer.');
    }
    return period;
  }

  async insert(
    environmentId: string,
    allowance: AllowanceTerms & {
      id: string;
      customer_id: string;
      subscription_id: string;
      slot: string;
      source: 'plan' | 'add_on';
      period_start: Date;
      next_reset_at: Date;
      granted: string;
      created_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('credit_allowances')
      .values({ environment_id: environmentId, ...allowance })
      .execute();
  }

  async update(
    environmentId: string,
    id: string,
    change: Partial<AllowanceTerms> & {
      period_start?: Date;
      next_reset_at?: Date;
      granted?: string;
      ended_at?: Date | null;
    },
  ): Promise<void> {
    await this.database.q
      .updateTable('credit_allowances')
      .set(change)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  /** Makes what a customer has of the default plan follow from how things stand, in the open transaction. */
  async followDefault(environmentId: string, customerId: string, now: Date): Promise<void> {
    await sql`select app.follow_default_credits(${environmentId}, ${customerId}, ${now})`.execute(
      this.database.q,
    );
  }

  /** Does so for customers of environments whose default plan is another now. Says how many there were. */
  async spreadDefault(now: Date, customersMax: number): Promise<number> {
    const { rows } = await sql<{ done: number }>`
      select app.spread_default_credits(${now}, ${customersMax}) as done`.execute(this.database.functions);
    return rows[0]?.done ?? 0;
  }

  /** Grants of an allowance of which something is left. */
  grantsLeft(environmentId: string, allowanceId: string) {
    return this.database.q
      .selectFrom('credit_grants')
      .select(['id', 'remaining'])
      .where('environment_id', '=', environmentId)
      .where('allowance_id', '=', allowanceId)
      .where('remaining', '>', '0')
      .execute();
  }
}
