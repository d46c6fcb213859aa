import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';

/** A customer's use of a meter, as Stripe was told it. */
export interface ForwardedPair {
  /** To page by. */
  key: string;
  customer_id: string;
  meter_id: string;
  stripe_customer_id: string;
  stripe_meter_id: string;
  /** What was told last counts, not what was told together. */
  is_absolute: boolean;
  /** Acknowledged by Stripe. */
  sent: string;
  /** Stripe may have taken it or not. */
  unsure: string;
  /** Whether something is: of sums also what adds up to nothing. */
  is_unsure: boolean;
}

/** What Stripe's meters were told, looked back upon. */
@Injectable()
export class ForwardsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Sums over a window of time, of those of which something was sent since `since` or is in doubt. Left out are those of
   * which something within the window is on its way or was sent so lately that Stripe may not have counted it.
   */
  async pairs(
    environmentId: string,
    filter: {
      from: Date;
      until: Date;
      since: Date;
      settled_before: Date;
      after: string | null;
      limit: number;
    },
  ): Promise<ForwardedPair[]> {
    const key = sql<string>`f.customer_id || ' ' || f.meter_id`;
    const { rows } = await sql<ForwardedPair>`
      select ${key} as key, f.customer_id, f.meter_id, c.stripe_customer_id, m.stripe_meter_id,
             m.aggregation in ('max', 'unique', 'latest') as is_absolute,
             case when m.aggregation in ('max', 'unique', 'latest')
               then coalesce((array_agg(f.quantity order by f.bucket desc) filter (where f.state = 'sent'))[1], 0)
               else coalesce(sum(f.quantity) filter (where f.state = 'sent'), 0)
             end as sent,
             case when m.aggregation in ('max', 'unique', 'latest')
               -- What was told since does not care for it.
               then case when (array_agg(f.state order by f.bucket desc))[1] = 'needs_reconcile'
                 then (array_agg(f.quantity order by f.bucket desc))[1] else 0 end
               else coalesce(sum(f.quantity) filter (where f.state = 'needs_reconcile'), 0)
             end as unsure,
             case when m.aggregation in ('max', 'unique', 'latest')
               then (array_agg(f.state order by f.bucket desc))[1] = 'needs_reconcile'
               else bool_or(f.state = 'needs_reconcile')
             end as is_unsure
      from usage_forwards f
      join customers c on c.environment_id = f.environment_id and c.id = f.customer_id
      join meters m on m.environment_id = f.environment_id and m.id = f.meter_id
      where f.environment_id = ${environmentId} and f.bucket >= ${filter.from} and f.bucket < ${filter.until}
        and c.stripe_customer_id is not null and m.stripe_meter_id is not null
        and ${key} > ${filter.after ?? ''}
      group by f.customer_id, f.meter_id, c.stripe_customer_id, m.stripe_meter_id, m.aggregation
      having bool_or(f.state = 'needs_reconcile' or f.sent_at >= ${filter.since})
         and not bool_or(f.state = 'sending' or coalesce(f.sent_at >= ${filter.settled_before}, false))
      order by 1
      limit ${filter.limit}
    `.execute(this.database.q);
    return rows;
  }

  async unsure(
    environmentId: string,
    pair: { customerId: string; meterId: string; from: Date; until: Date },
  ): Promise<string[]> {
    const rows = await this.database.q
      .selectFrom('usage_forwards')
      .select('id')
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', pair.customerId)
      .where('meter_id', '=', pair.meterId)
      .where('state', '=', 'needs_reconcile')
      .where('bucket', '>=', pair.from)
      .where('bucket', '<', pair.until)
      .forUpdate()
      .execute();
    return rows.map((row) => row.id);
  }

  async noteSent(environmentId: string, id: string, now: Date): Promise<void> {
    await this.database.q
      .updateTable('usage_forwards')
      .set({ state: 'sent', sent_at: now, error: null })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  /** Under another id, which Stripe has not seen. */
  async sendAnew(environmentId: string, id: string, newId: string, now: Date): Promise<void> {
    await this.database.q
      .updateTable('usage_forwards')
      .set({ id: newId, state: 'sending', due_at: now, first_attempt_at: null, attempts: 0, error: null })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  /** Tells the last value that was told once more, at a later second of its period, which Stripe goes by. */
  async tellAgain(
    environmentId: string,
    pair: { customerId: string; meterId: string; from: Date; until: Date },
    newId: string,
    now: Date,
  ): Promise<void> {
    await sql`
      update usage_forwards f
      set id = ${newId}, state = 'sending', due_at = ${now}, first_attempt_at = null, attempts = 0, sent_at = null,
          bucket = coalesce(
            (select least(f.bucket + interval '1 second', r.period_end - interval '1 second')
             from usage_records r
             where r.environment_id = f.environment_id and r.customer_id = f.customer_id and r.meter_id = f.meter_id
               and r.period_start <= f.bucket and r.period_end > f.bucket
             order by r.period_start desc limit 1), f.bucket)
      where f.environment_id = ${environmentId} and f.id = (
        select l.id from usage_forwards l
        where l.environment_id = ${environmentId} and l.customer_id = ${pair.customerId}
          and l.meter_id = ${pair.meterId} and l.absolute and l.state = 'sent'
          and l.bucket >= ${pair.from} and l.bucket < ${pair.until}
        order by l.bucket desc, l.sent_at desc limit 1 for update)
    `.execute(this.database.q);
  }

  /** Gives up what was not told to an account that was left. */
  async giveUp(environmentId: string, reason: string): Promise<void> {
    await this.database.q
      .updateTable('usage_forwards')
      .set({ state: 'needs_reconcile', error: reason })
      .where('environment_id', '=', environmentId)
      .where('state', 'in', ['open', 'sending'])
      .execute();
  }
}
