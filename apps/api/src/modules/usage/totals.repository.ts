import { Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';

/** A customer's use of a meter in a period. */
export interface UsedPeriod {
  customer_id: string;
  meter_id: string;
  start: Date;
  end: Date;
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

  /** Of the events of a span of time that were not late for it. */
  between(environmentId: string, of: UsedPeriod): Promise<string> {
    return this.ofEvents(
      environmentId,
      of,
      sql`e.occurred_at >= ${of.start} and e.occurred_at < ${of.end} and not e.late`,
    );
  }

  private async ofEvents(environmentId: string, of: UsedPeriod, which: RawBuilder<unknown>): Promise<string> {
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
        and e.uncounted is null and (e.kind = 'usage' or m.aggregation in ('count', 'sum')) and ${which}
      group by m.aggregation
    `.execute(this.database.q);
    return rows[0]?.total ?? '0';
  }
}
