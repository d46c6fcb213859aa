import type { UsageExploration } from '../../api/types.ts';

export const ranges = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type Range = (typeof ranges)[number];
export type Interval = UsageExploration['interval'];

/** What a range can be cut into, the usual first. */
export const intervalsOf: Record<Range, readonly [Interval, ...Interval[]]> = {
  day: ['hour'],
  week: ['day', 'hour'],
  month: ['day'],
  quarter: ['day', 'month'],
  year: ['month'],
};

const hour_ms = 60 * 60 * 1000;
export const day_ms = 24 * hour_ms;
const days = { week: 7, month: 30, quarter: 90 };

/** When a range begins: with an interval, so that it changes with the interval and not with the second. */
export function beginOf(range: Range, now: number): Date {
  if (range === 'day') return new Date(Math.floor(now / hour_ms) * hour_ms - 23 * hour_ms);
  if (range === 'year') {
    const today = new Date(now);
    return new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 11, 1));
  }
  return new Date(Math.floor(now / day_ms) * day_ms - (days[range] - 1) * day_ms);
}

/**
 * As long a time just before, up to the same point: of a day that is half over, half a day. Undefined for a year: events
 * are not kept for two.
 */
export function previousOf(range: Range, now: number): { from: Date; to: Date } | undefined {
  if (range === 'year') return undefined;
  const length = range === 'day' ? day_ms : days[range] * day_ms;
  const minute = Math.floor(now / 60_000) * 60_000;
  return { from: new Date(beginOf(range, now).getTime() - length), to: new Date(minute - length) };
}

/** Whether parts add up to the whole: the highest, distinct and latest values do not. */
export function isAdditive({ aggregation }: Pick<UsageExploration, 'aggregation'>): boolean {
  return aggregation === 'count' || aggregation === 'sum';
}

export type Series = { key: string; label: string; color: string };
export type Point = { start: string; total: number; values: Record<string, number> };

const drawn_max = 6;

/** The largest groups, each with a colour of its own, and what is left; of all together when nothing is broken down. */
export function seriesOf(exploration: UsageExploration, wordOf: (group: string | null) => string): Series[] {
  const { groups } = exploration;
  if (groups.length === 0) return [{ key: 'all', label: 'All', color: 'var(--accent)' }];
  const largest = groups.slice(0, drawn_max).map(({ group }, index) => ({
    key: `group${index}`,
    label: wordOf(group),
    color: `var(--series-${index + 1})`,
  }));
  const hasOthers = isAdditive(exploration) && (groups.length > drawn_max || exploration.other !== null);
  return hasOthers
    ? [...largest, { key: 'others', label: 'All others', color: 'var(--line-strong)' }]
    : largest;
}

/** A point for every interval, also for those without events: there it is 0. */
export function pointsOf(exploration: UsageExploration): Point[] {
  const { groups, over_time } = exploration;
  const all = byStart(over_time);
  const largest = groups.slice(0, drawn_max).map((group) => byStart(group.over_time));
  return startsOf(exploration).map((start) => {
    const total = all.get(start) ?? 0;
    const values = largest.map((known) => known.get(start) ?? 0);
    const named = Object.fromEntries(values.map((value, index) => [`group${index}`, value]));
    const rest = values.reduce((left, value) => left - value, total);
    // What floating point leaves of a difference is not use.
    const others = Math.abs(rest) < Math.abs(total) * 1e-9 ? 0 : rest;
    return { start: new Date(start).toISOString(), total, values: { all: total, ...named, others } };
  });
}

function byStart(over_time: UsageExploration['over_time']): Map<number, number> {
  return new Map(over_time.map(({ start, value }) => [Date.parse(start), value]));
}

function startsOf({ from, to, interval }: Pick<UsageExploration, 'from' | 'to' | 'interval'>): number[] {
  const starts: number[] = [];
  for (let at = new Date(from); at.getTime() < Date.parse(to); at = next(at, interval))
    starts.push(at.getTime());
  return starts;
}

function next(at: Date, interval: Interval): Date {
  if (interval === 'month') return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1));
  return new Date(at.getTime() + (interval === 'hour' ? hour_ms : day_ms));
}

/** How much more than before: 0.5 is half as much again. Null when there was nothing before. */
export function changeOf(value: number, before: number): number | null {
  return before === 0 ? null : (value - before) / before;
}

/** A line for each group and interval with events, as a file has them. */
export function linesOf(exploration: UsageExploration): {
  group: string | null;
  start: string;
  value: number;
}[] {
  const { groups, other, over_time } = exploration;
  if (groups.length === 0) return over_time.map((point) => ({ group: 'all', ...point }));
  return [
    ...groups.flatMap(({ group, over_time: own }) => own.map((point) => ({ group, ...point }))),
    ...(other?.over_time ?? []).map((point) => ({ group: 'all others', ...point })),
  ];
}

/** Where the events of a slice are listed. */
export function eventsPath(slice: { meter: string; customer: string; from: string; to: string }): string {
  return `developers/usage-events?${new URLSearchParams(slice).toString()}`;
}

/** The end of an interval that begins then. */
export function endOf(start: string, interval: Interval): string {
  return next(new Date(start), interval).toISOString();
}
