import type { RequestsSummary } from '../../api/types.ts';

export const ranges = ['day', 'week', 'month'] as const;
export type Range = (typeof ranges)[number];

type Point = RequestsSummary['over_time'][number];
type Query = { from?: string; interval: 'hour' | 'day' };

const hour_ms = 60 * 60 * 1000;
const day_ms = 24 * hour_ms;
const days: Record<Exclude<Range, 'day'>, number> = { week: 7, month: 30 };

/** What to ask for. It changes with the day, not with the second, so that the server's answer is used by the browser. */
export function queryOf(range: Range, now: number): Query {
  if (range === 'day') return { interval: 'hour' };
  const today = Math.floor(now / day_ms) * day_ms;
  return { from: new Date(today - (days[range] - 1) * day_ms).toISOString(), interval: 'day' };
}

/** The intervals of a summary without gaps: where nothing was called, the line goes down to zero. */
export function withoutGaps({
  from,
  to,
  interval,
  over_time,
}: Pick<RequestsSummary, 'from' | 'to' | 'interval' | 'over_time'>): Point[] {
  const step = interval === 'hour' ? hour_ms : day_ms;
  const known = new Map(over_time.map((point) => [Date.parse(point.start), point]));
  const points: Point[] = [];
  for (let at = Math.floor(Date.parse(from) / step) * step; at < Date.parse(to); at += step) {
    points.push(known.get(at) ?? nothing(at));
  }
  return points;
}

function nothing(at: number): Point {
  return {
    start: new Date(at).toISOString(),
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
}
