import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import type { UsedPeriod } from './used-period.ts';

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

/** A value that Stripe had not acknowledged when it issued the invoice for its time. */
export interface LateValue {
  customer_id: string;
  meter_id: string;
  stripe_meter_id: string;
  /** What the period came to. */
  used: string;
  /** What Stripe was told of it, and charged. */
  billed: string;
  period_start: Date;
  period_end: Date;
}

const key = sql<string>`f.customer_id || ' ' || f.meter_id`;

/** A value says the whole of its period, so that one whose invoice is issued can be told on no other. */
const cameTooLate = sql<boolean>`(f.absolute and f.state = 'needs_reconcile' and exists (
  select from usage_billed b
  where b.environment_id = f.environment_id and b.customer_id = f.customer_id and b.meter_id = f.meter_id
    and f.bucket < b.billed_until))`;

const told = sql`
  select ${key} as key, f.customer_id, f.meter_id, c.stripe_customer_id, m.stripe_meter_id,
         m.aggregation in ('max', 'unique', 'latest') as is_absolute,
         case when m.aggregation in ('max', 'unique', 'latest')
           then coalesce((array_agg(f.quantity order by f.bucket desc, f.sent_at desc) filter (where f.state = 'sent'))[1], 0)
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
  where c.stripe_customer_id is not null and m.stripe_meter_id is not null
    and f.state <> 'settled' and not ${cameTooLate}`;

const grouped = sql`group by f.customer_id, f.meter_id, c.stripe_customer_id, m.stripe_meter_id, m.aggregation`;

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
    const { rows } = await sql<ForwardedPair>`
      ${told} and f.environment_id = ${environmentId} and f.bucket >= ${filter.from} and f.bucket < ${filter.until}
        and ${key} > ${filter.after ?? ''}
      ${grouped}
      having bool_or(f.state = 'needs_reconcile' or f.sent_at >= ${filter.since})
         and not bool_or(f.state = 'sending' or coalesce(f.sent_at >= ${filter.settled_before}, false))
      order by 1
      limit ${filter.limit}
    `.execute(this.database.q);
    return rows;
  }

  /** The same of one customer and meter. Undefined: Stripe was told nothing. */
  async pair(
    environmentId: string,
    of: { customer_id: string; meter_id: string },
    window: { from: Date; until: Date },
  ): Promise<ForwardedPair | undefined> {
    const { rows } = await sql<ForwardedPair>`
      ${told} and f.environment_id = ${environmentId} and f.bucket >= ${window.from} and f.bucket < ${window.until}
        and f.customer_id = ${of.customer_id} and f.meter_id = ${of.meter_id}
      ${grouped}
    `.execute(this.database.q);
    return rows[0];
  }

  /**
   * How many quantities of a period Stripe is to be told, or was told without an answer. Of fractions one is left in the
   * end, of less than a unit. What is in doubt is none of them.
   */
  async unacknowledged(environmentId: string, of: UsedPeriod): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select (count(*) filter (where f.state = 'sending' or f.absolute or floor(f.quantity) <> 0)
              + greatest(0, count(*) filter (where f.state = 'open' and f.quantity <> 0 and not f.absolute) - 1))::int as count
      from usage_forwards f
      where f.environment_id = ${environmentId} and f.customer_id = ${of.customer_id} and f.meter_id = ${of.meter_id}
        and f.bucket >= ${of.start} and f.bucket < ${of.end} and f.state in ('open', 'sending')
    `.execute(this.database.q);
    return rows[0]?.count ?? 0;
  }

  /** Makes what waits to be told due now. Says whether anything is. */
  async hurry(
    environmentId: string,
    of: { customer_id: string } & Partial<UsedPeriod>,
    now: Date,
  ): Promise<boolean> {
    let waiting = this.database.q
      .updateTable('usage_forwards')
      .set((eb) => ({ due_at: eb.fn<Date>('least', ['due_at', eb.val(now)]) }))
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', of.customer_id)
      .where('state', '=', 'open')
      .where('quantity', '<>', '0');
    if (of.meter_id !== undefined && of.start !== undefined && of.end !== undefined) {
      waiting = waiting
        .where('meter_id', '=', of.meter_id)
        .where('bucket', '>=', of.start)
        .where('bucket', '<', of.end);
    }
    const { numUpdatedRows: hurried } = await waiting.executeTakeFirst();
    return hurried > 0n;
  }

  /** The same of all meters that Stripe has. */
  async noteAllBilled(environmentId: string, customerId: string, until: Date): Promise<void> {
    await sql`
      insert into usage_billed as b (environment_id, customer_id, meter_id, billed_until)
      select m.environment_id, ${customerId}, m.id, ${until}::timestamptz from meters m
      where m.environment_id = ${environmentId} and m.stripe_meter_id is not null
      on conflict (environment_id, customer_id, meter_id) do update
      set billed_until = greatest(b.billed_until, excluded.billed_until)
    `.execute(this.database.q);
  }

  /** What Stripe charges a meter's use by. */
  async stripePrices(environmentId: string, meterId: string): Promise<string[]> {
    const rows = await this.database.q
      .selectFrom('prices as p')
      .innerJoin('features as f', (join) =>
        join.onRef('f.environment_id', '=', 'p.environment_id').onRef('f.id', '=', 'p.feature_id'),
      )
      .select('p.stripe_price_id')
      .where('p.environment_id', '=', environmentId)
      .where('f.meter_id', '=', meterId)
      .where('p.stripe_price_id', 'is not', null)
      .$narrowType<{ stripe_price_id: string }>()
      .execute();
    return rows.map((row) => row.stripe_price_id);
  }

  /** What is on its way is in doubt from now on: the invoice for its time was issued. In the open transaction. */
  async doubt(environmentId: string, of: UsedPeriod, error: string): Promise<void> {
    await this.database.q
      .updateTable('usage_forwards')
      .set({ state: 'needs_reconcile', error })
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', of.customer_id)
      .where('meter_id', '=', of.meter_id)
      .where('state', '=', 'sending')
      .where('bucket', '>=', of.start)
      .where('bucket', '<', of.end)
      .execute();
  }

  async noteBilled(
    environmentId: string,
    billed: { customer_id: string; meter_id: string; until: Date },
  ): Promise<void> {
    const { until, ...of } = billed;
    await this.database.q
      .insertInto('usage_billed')
      .values({ environment_id: environmentId, ...of, billed_until: until })
      .onConflict((conflict) =>
        conflict.columns(['environment_id', 'customer_id', 'meter_id']).doUpdateSet((eb) => ({
          billed_until: eb.fn<Date>('greatest', ['usage_billed.billed_until', 'excluded.billed_until']),
        })),
      )
      .execute();
  }

  async unsure(
    environmentId: string,
    pair: { customerId: string; meterId: string; from: Date; until: Date },
  ): Promise<{ id: string; bucket: Date }[]> {
    return this.database.q
      .selectFrom('usage_forwards as f')
      .select(['f.id', 'f.bucket'])
      .where('f.environment_id', '=', environmentId)
      .where('f.customer_id', '=', pair.customerId)
      .where('f.meter_id', '=', pair.meterId)
      .where('f.state', '=', 'needs_reconcile')
      .where('f.bucket', '>=', pair.from)
      .where('f.bucket', '<', pair.until)
      .where((eb) => eb.not(cameTooLate))
      .orderBy('f.bucket')
      .forUpdate()
      .execute();
  }

  /** The newest value of each customer and meter that came too late for its invoice. */
  async late(environmentId: string, limit: number): Promise<LateValue[]> {
    const { rows } = await sql<LateValue>`
      select distinct on (f.customer_id, f.meter_id)
             f.customer_id, f.meter_id, m.stripe_meter_id, f.quantity as used, r.period_start, r.period_end,
             coalesce((
               select s.quantity from usage_forwards s
               where s.environment_id = f.environment_id and s.customer_id = f.customer_id and s.meter_id = f.meter_id
                 and s.absolute and s.state = 'sent' and s.bucket >= r.period_start and s.bucket < f.bucket
               order by s.bucket desc, s.sent_at desc limit 1), 0) as billed
      from usage_forwards f
      join meters m on m.environment_id = f.environment_id and m.id = f.meter_id
      join lateral (
        select u.period_start, u.period_end from usage_records u
        where u.environment_id = f.environment_id and u.customer_id = f.customer_id and u.meter_id = f.meter_id
          and u.period_start <= f.bucket and u.period_end > f.bucket
        order by u.period_start desc limit 1
      ) r on true
      where f.environment_id = ${environmentId} and ${cameTooLate} and m.stripe_meter_id is not null
      order by f.customer_id, f.meter_id, f.bucket desc
      limit ${limit}
    `.execute(this.database.q);
    return rows;
  }

  /** What is in doubt of a time is not told any more. Returns what that was. */
  async writeOff(
    environmentId: string,
    {
      customer_id: customerId,
      meter_id: meterId,
      until,
    }: { customer_id: string; meter_id: string; until: Date },
  ): Promise<string[]> {
    const rows = await this.database.q
      .updateTable('usage_forwards')
      .set({ state: 'settled' })
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .where('meter_id', '=', meterId)
      .where('state', '=', 'needs_reconcile')
      .where('bucket', '<', until)
      .returning('quantity')
      .execute();
    return rows.map(({ quantity }) => quantity);
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
