/** A recurring interval: 3 months, 1 year. */
export interface Interval {
  interval: string;
  interval_count: number;
}

/**
 * The end of the `count`-th period after `anchor` (seconds, UTC). Months keep the anchor's day and fall
 * back to the last day where a month is shorter: 31 January + 1 month is 28 February, + 2 months 31 March.
 */
export function periodBoundary(
  anchor: number,
  { interval, interval_count }: Interval,
  count: number,
): number {
  const steps = count * interval_count;
  if (interval === 'day') return anchor + steps * 86_400;
  if (interval === 'week') return anchor + steps * 7 * 86_400;
  return addMonths(anchor, interval === 'year' ? steps * 12 : steps);
}

/** The first boundary after `now`, counted from `anchor`, and the one before it. */
export function periodAround(anchor: number, every: Interval, now: number): { start: number; end: number } {
  let count = 1;
  while (periodBoundary(anchor, every, count) <= now) count += 1;
  return { start: periodBoundary(anchor, every, count - 1), end: periodBoundary(anchor, every, count) };
}

function addMonths(anchor: number, months: number): number {
  const date = new Date(anchor * 1000);
  const month = date.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const day = Math.min(date.getUTCDate(), lastDay);
  const time = date.getTime() % 86_400_000;
  return Math.floor((Date.UTC(date.getUTCFullYear(), month, day) + time) / 1000);
}
