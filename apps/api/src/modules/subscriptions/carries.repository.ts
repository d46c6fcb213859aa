import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import type { CarriedUsage } from './carried-usage.ts';

/** From which period to which the use of a trial counts on. */
@Injectable()
export class CarriesRepository {
  constructor(private readonly database: Database) {}

  /** With what counts on in the period that it is carried from. */
  async add(
    environmentId: string,
    subscription: { id: string; customer_id: string },
    { period_start: start, from_start: from }: CarriedUsage,
  ): Promise<void> {
    await sql`
      insert into usage_carries (environment_id, customer_id, subscription_id, period_start, from_start)
      select ${environmentId}, ${subscription.customer_id}, ${subscription.id}, ${start}, b.from_start
      from (
        select ${from}::timestamptz as from_start
        union
        select c.from_start from usage_carries c
        where c.environment_id = ${environmentId} and c.subscription_id = ${subscription.id}
          and c.period_start = ${from}
      ) b
      where b.from_start <> ${start}
      on conflict do nothing
    `.execute(this.database.q);
  }

  /** Of periods that have not begun. */
  async removeAfter(environmentId: string, subscriptionId: string, now: Date): Promise<void> {
    await this.database.q
      .deleteFrom('usage_carries')
      .where('environment_id', '=', environmentId)
      .where('subscription_id', '=', subscriptionId)
      .where('period_start', '>', now)
      .execute();
  }
}
