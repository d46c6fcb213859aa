/** How often a price recurs: every `interval_count` intervals. */
export interface Recurrence {
  interval: 'day' | 'week' | 'month' | 'year';
  interval_count: number;
}

/** A stretch of time; `end` is the first moment after it. */
export interface Period {
  start: Date;
  end: Date;
}

const day = 24 * 60 * 60 * 1_000;

/**
 * The period that contains `at`, of those that begin at `anchor`. They are counted from the anchor each time, so that one
 * on the 31st comes back to the 31st after a shorter month: 31 Jan, 28 Feb, 31 Mar. In UTC, as Stripe does; the database
 * has the same function, `app.period_at`. Throws a `RangeError` for dates that are none.
 */
export function periodAt(anchor: Date, recurrence: Recurrence, at: Date): Period {
  return numberedPeriod(anchor, recurrence, indexAt(anchor, recurrence, at));
}

/** The period that contains `from` and those after it: `count` in all, each beginning where the one before ends. */
export function nextPeriods(anchor: Date, recurrence: Recurrence, from: Date, count: number): Period[] {
  const first = indexAt(anchor, recurrence, from);
  return Array.from({ length: count }, (_, offset) => numberedPeriod(anchor, recurrence, first + offset));
}

/** The anchor and `count` times the recurrence: one month after 31 Jan is 28 Feb, two are 31 Mar. */
export function after(anchor: Date, { interval, interval_count: every }: Recurrence, count: number): Date {
  const start = timeOf(anchor, 'anchor');
  if (!Number.isSafeInteger(every) || every < 1) {
    throw new RangeError(`interval_count must be a positive integer, not ${every}.`);
  }
  switch (interval) {
    case 'day':
      return new Date(start + count * every * day);
    case 'week':
      return new Date(start + count * every * 7 * day);
    case 'month':
      return monthsAfter(anchor, count * every);
    case 'year':
      return monthsAfter(anchor, count * every * 12);
  }
}

function numberedPeriod(anchor: Date, recurrence: Recurrence, index: number): Period {
  return { start: after(anchor, recurrence, index), end: after(anchor, recurrence, index + 1) };
}

function indexAt(anchor: Date, recurrence: Recurrence, at: Date): number {
  const { interval, interval_count: every } = recurrence;
  const point = timeOf(at, 'at');
  if (interval === 'day' || interval === 'week') {
    const length = every * (interval === 'week' ? 7 : 1) * day;
    return Math.floor((point - timeOf(anchor, 'anchor')) / length);
  }
  const months =
    (at.getUTCFullYear() - anchor.getUTCFullYear()) * 12 + at.getUTCMonth() - anchor.getUTCMonth();
  const index = Math.floor(months / (every * (interval === 'year' ? 12 : 1)));
  // The month counts, but the day or the hour within it may not have come yet.
  return after(anchor, recurrence, index).getTime() > point ? index - 1 : index;
}

function monthsAfter(anchor: Date, months: number): Date {
  const result = new Date(anchor);
  // From the first: setting the month of a 31st would run over into the next.
  result.setUTCDate(1);
  result.setUTCMonth(anchor.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(result.getUTCFullYear(), result.getUTCMonth() + 1, 0)).getUTCDate();
  result.setUTCDate(Math.min(anchor.getUTCDate(), lastDay));
  return result;
}

function timeOf(date: Date, name: string): number {
  const time = date.getTime();
  if (Number.isNaN(time)) {
    throw new RangeError(`${name} is not a date.`);
  }
  return time;
}
