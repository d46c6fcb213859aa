import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { quantileOf } from './latency-sketch.ts';
import { SummaryTooFine } from './request-logs.errors.ts';
import { type BinRow, RequestLogsRepository, type Summed, type SumRow } from './request-logs.repository.ts';
import type { Interval, summaryQuery } from './request-logs.schemas.ts';
import { RequestLogsService } from './request-logs.service.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const groupsMax = 20;

/** The sums that an interval is made of, and how far apart its ends may be. */
const intervalsOf: Record<
  Interval,
  { unit: Summed['unit']; longest_ms: number; max_ms: number; max: string }
> = {
  minute: { unit: 'minute', longest_ms: minute, max_ms: 6 * hour, max: '6 hours' },
  hour: { unit: 'hour', longest_ms: hour, max_ms: 31 * day, max: '31 days' },
  day: { unit: 'day', longest_ms: day, max_ms: 400 * day, max: '400 days' },
  month: { unit: 'day', longest_ms: 31 * day, max_ms: 400 * day, max: '400 days' },
};

@Injectable()
export class SummarizeRequests {
  constructor(
    private readonly database: Database,
    private readonly logs: RequestLogsRepository,
    private readonly service: RequestLogsService,
    private readonly clock: Clock,
  ) {}

  /** Calls, errors and response times, over everything, over time and by group. Throws `SummaryTooFine`. */
  summarize(environmentId: string, query: z.output<typeof summaryQuery>) {
    const { interval } = query;
    const { unit, longest_ms: longest, max_ms: max, max: maxInWords } = intervalsOf[interval];
    // A call of this very moment is in.
    const to = query.to ?? new Date(this.clock.now().getTime() + 1);
    const from = startOf(interval, query.from ?? new Date(to.getTime() - Math.min(max, day)));
    // An interval on top: `from` went back to the start of its own.
    if (to.getTime() - from.getTime() > max + longest) {
      throw new SummaryTooFine(interval, maxInWords);
    }
    return this.database.tenant(environmentId, async () => {
      const filter = await this.service.filterOf(environmentId, query);
      const summed: Summed = { ...filter, unit, interval, group_by: query.group_by, from, to };
      const sums = await this.logs.sums(environmentId, summed, groupsMax);
      const top = sums.filter(({ kind }) => kind === 'group');
      const bins = await this.logs.bins(
        environmentId,
        summed,
        top.map(({ value }) => value ?? ''),
      );
      const byLine = Map.groupBy(bins, lineOf);
      const lines = (kind: SumRow['kind']) =>
        sums.flatMap((row) =>
          row.kind === kind ? [{ row, ...line(row, byLine.get(lineOf(row)) ?? []) }] : [],
        );
      const [all] = lines('all');
      const { row: _, ...totals } = all ?? { row: null, ...nothing };
      return {
        from,
        to,
        interval,
        totals,
        over_time: lines('bucket')
          .map(({ row, ...rest }) => ({ start: row.bucket ?? from, ...rest }))
          .toSorted((a, b) => a.start.getTime() - b.start.getTime()),
        top: lines('group').map(({ row, ...rest }) => ({ value: row.value || null, ...rest })),
      };
    });
  }
}

const nothing = {
  calls: 0,
  errors_4xx: 0,
  errors_5xx: 0,
  rate_4xx: 0,
  rate_5xx: 0,
  mean_ms: null,
  p50_ms: null,
  p95_ms: null,
  p99_ms: null,
  max_ms: null,
};

function lineOf({ kind, bucket, value }: Pick<BinRow, 'kind' | 'bucket' | 'value'>): string {
  return `${kind} ${bucket?.getTime() ?? ''} ${value ?? ''}`;
}

function line(row: SumRow, bins: BinRow[]) {
  const { calls, errors_4xx, errors_5xx } = row;
  const quantile = (share: number) => {
    const found = quantileOf(bins, share);
    // A bin may reach beyond what there was.
    return found === null ? null : rounded(Math.min(found, row.max_ms));
  };
  return {
    calls,
    errors_4xx,
    errors_5xx,
    rate_4xx: errors_4xx / calls,
    rate_5xx: errors_5xx / calls,
    mean_ms: rounded(row.total_ms / calls),
    p50_ms: quantile(0.5),
    p95_ms: quantile(0.95),
    p99_ms: quantile(0.99),
    max_ms: row.max_ms,
  };
}

/** To a microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

function startOf(interval: Interval, time: Date): Date {
  if (interval === 'month') {
    return new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth(), 1));
  }
  const length = { minute, hour, day }[interval];
  return new Date(Math.floor(time.getTime() / length) * length);
}
