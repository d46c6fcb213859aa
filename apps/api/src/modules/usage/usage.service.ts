import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { TotalsRepository } from './totals.repository.ts';
import { UsageRepository } from './usage.repository.ts';
import type { listEvents, listUsage, UsageEventEntry } from './usage.schemas.ts';
import type { UsedInPeriod, UsedPeriod } from './used-period.ts';

const day = 24 * 60 * 60 * 1000;
/** Long enough to answer for a yearly invoice. */
export const eventsKeptDays = 400;
/** An event may be repeated for 35 days. */
const keysKeptDays = 36;

@Injectable()
export class UsageService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly usage: UsageRepository,
    private readonly totals: TotalsRepository,
    private readonly customers: CustomersService,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({
      name: 'usage.ensure_partitions',
      every_ms: day / 4,
      run: () => this.usage.ensurePartitions(this.clock.now()),
    });
    this.sweeper.register({
      name: 'usage.drop_old',
      every_ms: day / 144,
      run: () => {
        const now = this.clock.now();
        const ago = (days: number): Date => new Date(now.getTime() - days * day);
        return this.usage.dropOld(ago(eventsKeptDays), ago(keysKeptDays), now);
      },
    });
  }

  /** Totals per customer, meter and period, the newest period first. */
  list(environmentId: string, query: z.output<typeof listUsage>) {
    return this.database.tenant(environmentId, async () => {
      const { customer, ...filter } = query;
      const customerId =
        customer === undefined
          ? undefined
          : (await this.customers.get(environmentId, customer, 'customer')).id;
      const rows = await this.usage.listRecords(environmentId, { ...filter, customer_id: customerId });
      return rows.map((row) => ({
        ...row,
        customer: { id: row.customer_id, external_id: row.external_id },
        value: Number(row.value),
      }));
    });
  }

  /** Single events, the newest first: those that counted, of which those that were late or corrections; or those that did not. Throws `CustomerNotFound`. */
  listEvents(
    environmentId: string,
    { status, ...wished }: z.output<typeof listEvents>,
  ): Promise<UsageEventEntry[]> {
    return this.database.tenant(environmentId, async () => {
      if (status === 'rejected') {
        const rejected = await this.usage.listRejected(environmentId, wished);
        return rejected.map((row) => ({
          ...row,
          status,
          value: row.value === null ? null : Number(row.value),
          properties: null,
          occurred_at: null,
          period_start: null,
        }));
      }
      const customer =
        wished.customer === undefined
          ? undefined
          : (await this.customers.get(environmentId, wished.customer, 'customer')).id;
      const rows = await this.usage.listEvents(environmentId, { status, ...wished, customer });
      return rows.map((row) => ({
        ...row,
        status:
          row.kind === 'correction'
            ? ('corrected' as const)
            : row.uncounted !== null
              ? ('uncounted' as const)
              : row.late
                ? ('late' as const)
                : ('accepted' as const),
        customer: row.external_id ?? row.customer_id,
        value: Number(row.value),
        properties: storedProperties.parse(row.properties),
        code: row.uncounted,
        reason: row.uncounted === null ? row.reason : whyUncounted(row.uncounted, row.property),
      }));
    });
  }

  /**
   * What a customer used of a meter in a period, as it is invoiced, an exact decimal: the total that was kept of a period
   * that begins then, else what the events of that time say.
   */
  inPeriod(environmentId: string, of: UsedPeriod): Promise<UsedInPeriod> {
    return this.database.tenant(environmentId, async () => {
      const kept = await this.totals.kept(environmentId, of);
      return kept === undefined
        ? { total: await this.totals.between(environmentId, of), late: null }
        : { total: kept, late: await this.totals.late(environmentId, of, kept) };
    });
  }

  /** Events per day over the last `days` days, today included; days without events are 0. */
  async summary(environmentId: string, days: number) {
    const today = Math.floor(this.clock.now().getTime() / day) * day;
    const from = new Date(today - (days - 1) * day);
    const rows = await this.database.tenant(environmentId, () => this.usage.eventsByDay(environmentId, from));
    const counts = new Map(rows.map((row) => [row.date, row.events]));
    const byDay = Array.from({ length: days }, (_, index) => {
      const date = new Date(from.getTime() + index * day).toISOString().slice(0, 10);
      return { date, events: counts.get(date) ?? 0 };
    });
    return { events_total: byDay.reduce((total, { events }) => total + events, 0), by_day: byDay };
  }
}

const storedProperties = z.record(z.string(), z.unknown()).nullable();

function whyUncounted(
  code: 'filtered' | 'property_missing' | 'property_not_a_quantity' | 'retracted',
  property: string | null,
): string {
  switch (code) {
    case 'filtered':
      return 'It does not meet the filters of the meter.';
    case 'property_missing':
      return `It has no property ${property}, by which the meter counts.`;
    case 'property_not_a_quantity':
      return `Its property ${property} is not a number from 0 to 999999999999999 with at most 12 decimals.`;
    case 'retracted':
      return 'It was taken back by a correction.';
  }
}
