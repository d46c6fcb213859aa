// Billing periods begin and end in UTC, so dates are shown in UTC: the server and every browser then say the same day.
const day = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' });
const moment = new Intl.DateTimeFormat('en-US', {
  dateStyle: 'medium',
  timeStyle: 'short',
  hourCycle: 'h23',
  timeZone: 'UTC',
});
const short_day = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric', timeZone: 'UTC' });

const month = new Intl.DateTimeFormat('en-US', { month: 'short', year: 'numeric', timeZone: 'UTC' });

/** "Nov 21, 2026" */
export function formatDay(iso: string): string {
  return day.format(new Date(iso));
}

/** "Nov 21, 2026, 06:04 UTC" */
export function formatMoment(iso: string): string {
  return `${moment.format(new Date(iso))} UTC`;
}

/** "Nov 21", for an axis */
export function formatShortDay(iso: string): string {
  return short_day.format(new Date(iso));
}

/** "Nov 2026" */
export function formatMonth(iso: string): string {
  return month.format(new Date(iso));
}

const steps = [
  { unit: 'year', ms: 365 * 86_400_000 },
  { unit: 'month', ms: 30 * 86_400_000 },
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
] as const;
const relative = new Intl.RelativeTimeFormat('en-US', { numeric: 'auto' });

/** "3 minutes ago", "in 2 days"; less than a minute is "just now". */
export function formatRelative(iso: string, now: number): string {
  const distance = new Date(iso).getTime() - now;
  const step = steps.find(({ ms }) => Math.abs(distance) >= ms);
  return step ? relative.format(Math.trunc(distance / step.ms), step.unit) : 'just now';
}
