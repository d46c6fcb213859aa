import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';

@Injectable()
export class SpendCapsRepository {
  constructor(private readonly database: Database) {}

  find(environmentId: string, customerId: string) {
    return this.database.q
      .selectFrom('customer_spend_caps')
      .select(['amount', 'currency', 'updated_at'])
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .executeTakeFirst();
  }

  async put(
    environmentId: string,
    cap: { customer_id: string; amount: number | null; currency: string; updated_at: Date },
  ): Promise<void> {
    const { customer_id: _key, ...change } = cap;
    await this.database.q
      .insertInto('customer_spend_caps')
      .values({ environment_id: environmentId, ...cap })
      .onConflict((conflict) => conflict.columns(['environment_id', 'customer_id']).doUpdateSet(change))
      .execute();
  }

  async remove(environmentId: string, customerId: string): Promise<void> {
    await this.database.q
      .deleteFrom('customer_spend_caps')
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .execute();
  }

  /** Remembers that a share of a cap was told of. False: it was, in this period. */
  async noteTold(
    environmentId: string,
    told: { subscription_id: string; period_start: Date; percent: 80 | 100; raised_at: Date },
  ): Promise<boolean> {
    const row = await this.database.q
      .insertInto('spend_cap_alerts')
      .values({ environment_id: environmentId, ...told })
      .onConflict((conflict) => conflict.doNothing())
      .returning('percent')
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Customers of all environments who are under a spend cap and used something since. */
  async spendersSince(since: Date): Promise<{ environment_id: string; customer_id: string }[]> {
    const { rows } = await sql<{ environment_id: string; customer_id: string }>`
      select environment_id, customer_id from app.spenders_since(${since})
    `.execute(this.database.functions);
    return rows;
  }
}
