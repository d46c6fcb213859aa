import type { Entitlement, UsageExploration, UsageRecord } from '../../api/types.ts';
import { isAdditive, pointsOf } from './exploration.ts';

/** `value`: what was used in the interval. `together`: what the period had come to at its end. */
export type PeriodPoint = { start: string; value: number; together: number };

/**
 * How a period came to its total. Sums are taken off from the end: of 100 now and 10 today, 90 were used until yesterday.
 * So the first day has what was late, and not what the period before used of it. Null for distinct values: those of one
 * day may have been there before.
 */
export function periodUse(exploration: UsageExploration, total: number): PeriodPoint[] | null {
  const points = pointsOf(exploration);
  if (isAdditive(exploration)) {
    let together = total - points.reduce((sum, point) => sum + point.total, 0);
    return points.map((point, index) => {
      together = withoutNoise(together + point.total, total);
      return { start: point.start, value: index === 0 ? together : point.total, together };
    });
  }
  if (exploration.aggregation === 'unique') return null;
  const known = new Map(exploration.over_time.map(({ start, value }) => [Date.parse(start), value]));
  let together = 0;
  return points.map(({ start }) => {
    const value = known.get(Date.parse(start));
    if (value !== undefined) {
      together = exploration.aggregation === 'max' ? Math.min(Math.max(together, value), total) : value;
    }
    return { start, value: value ?? 0, together };
  });
}

/** What floating point leaves of a difference is not use. */
function withoutNoise(value: number, total: number): number {
  const rounded = Math.round(value * 1e6) / 1e6;
  return Math.abs(value - rounded) < Math.abs(total) * 1e-9 ? rounded : value;
}

/** The newest period of each meter, the newest first. */
export function newestPeriods(records: readonly UsageRecord[]): UsageRecord[] {
  const newest = new Map<string, UsageRecord>();
  for (const record of records) {
    const known = newest.get(record.meter);
    if (known === undefined || record.period_start > known.period_start) newest.set(record.meter, record);
  }
  return [...newest.values()].toSorted((one, other) => other.period_start.localeCompare(one.period_start));
}

export type Limit = { name: string; limit: number };

/** What features allow of a period's meter. Of a past period nobody knows any more. */
export function limitsOf(
  { meter, period_start }: Pick<UsageRecord, 'meter' | 'period_start'>,
  features: readonly Pick<Entitlement, 'meter' | 'period_start' | 'limit' | 'name' | 'suspended'>[],
): Limit[] {
  return features.flatMap((feature) =>
    feature.meter === meter &&
    feature.period_start === period_start &&
    feature.limit !== null &&
    !feature.suspended
      ? [{ name: feature.name, limit: feature.limit }]
      : [],
  );
}
