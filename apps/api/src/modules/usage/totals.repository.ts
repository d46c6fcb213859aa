import { Injectable } from '@nestjs/common';
import { decimal } from '@billingos/pricing/money';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import type { UsedInPeriod, UsedPeriod } from './used-period.ts';

/** What is late is at most 35 days old when it comes. */
const acceptedForMs = 36 * 24 * 60 * 60 * 1000;

interface WhatToCompare {
  changed_since: Date;
  totals_max: number;
  events_max: number;
}

interface WrongTotal {
  customer_id: string;
  meter_id: string;
  period_start: Date;
  kept: string;
  summed: string;
}

/** What events add up to, by whatever their meter keeps of them. Exact decimals. */
@Injectable()
export class TotalsRepository {
  constructor(private readonly database: Database) {}

  /** The total that was kept of a period that begins then. */
  async kept(environmentId: string, of: UsedPeriod): Promise<string | undefined> {
    const record = await this.database.q
      .selectFrom('usage_records')
      .select('value')
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', of.customer_id)
      .where('meter_id', '=', of.meter_id)
      .where('period_start', '=', of.start)
      .executeTakeFirst();
    return record?.value;
  }

  /** What a total holds of use that was late for its own period. */
  async late(environmentId: string, of: UsedPeriod, total: string): Promise<UsedInPeriod['late']> {
    const { first_at: first, last_at: last } = await this.database.q
      .selectFrom('usage_events')
      .select((eb) => [eb.fn.min('occurred_at').as('first_at'), eb.fn.max('occurred_at').as('last_at')])
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', of.customer_id)
      .where('meter_id', '=', of.meter_id)
      .where('period_start', '=', of.start)
      .where('occurred_at', '>=', new Date(of.start.getTime() - acceptedForMs))
      .where('occurred_at', '<', of.start)
      .where('late', '=', true)
      .where('uncounted', 'is', null)
      .executeTakeFirstOrThrow();
    if (first === null || last === null) {
      return null;
    }
    const onTime = await this.between(environmentId, of);
    const quantity = decimal(total).minus(decimal(onTime)).toFixed();
    return { on_time: onTime, quantity, first_at: first, last_at: last };
  }

  /** Ids of the environments whose totals are to be compared with their events now, each given to one who asks. */
  async claimComparisons(now: Date, everyHours: number, rowsMax: number): Promise<string[]> {
    const { rows } = await sql<{ environment_id: string }>`
      select * from app.claim_usage_comparisons(${now}, make_interval(hours => ${everyHours}), ${rowsMax})
    `.execute(this.database.functions);
    return rows.map(({ environment_id: id }) => id);
  }

  /** The totals that are not what their events add up to, of so many at most. */
  async wrong(
    environmentId: string,
    { changed_since: since, totals_max: totalsMax, events_max: eventsMax }: WhatToCompare,
  ): Promise<WrongTotal[]> {
    const { rows } = await sql<WrongTotal>`
      select * from app.wrong_usage_totals(${environmentId}, ${since}, ${totalsMax}, ${eventsMax})
    `.execute(this.database.functions);
    return rows;
  }

  /** Of the events of a span of time that were not late for it. */
  async between(environmentId: string, of: UsedPeriod): Promise<string> {
    const { rows } = await sql<{ total: string }>`
      select coalesce(case m.aggregation
               when 'max' then max(a.amount)
               when 'unique' then count(distinct a.value_hash)
               when 'latest' then (array_agg(a.amount order by e.occurred_at desc, e.received_at desc, e.id desc))[1]
               else sum(a.amount)
             end, 0)::text as total
      from meters m
      join usage_events e on e.environment_id = m.environment_id and e.meter_id = m.id
      cross join lateral (
        select app.usage_amount(e.kind, m.aggregation, m.property, e.value, e.properties) as amount,
               case m.aggregation when 'unique' then app.unique_value_hash(m.property, e.properties) end as value_hash
      ) a
      where m.environment_id = ${environmentId} and m.id = ${of.meter_id} and e.customer_id = ${of.customer_id}
        and e.uncounted is null and (e.kind = 'usage' or m.aggregation in ('count', 'sum'))
        and e.occurred_at >= ${of.start} and e.occurred_at < ${of.end} and not e.late
      group by m.aggregation
    `.execute(this.database.q);
    return rows[0]?.total ?? '0';
  }
}
