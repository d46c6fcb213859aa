import { periodAt, type Recurrence } from '@billingos/pricing/period';

/** What the periods of a subscription are counted from, and until when it is on trial. */
export interface Term {
  billing_anchor: Date;
  recurrence: Recurrence;
  trial_end: Date | null;
  current_period_end: Date;
}

/** What was used in the period that began at `from_start` counts in the one that begins at `period_start`, too. */
export interface CarriedUsage {
  period_start: Date;
  from_start: Date;
}

/**
 * Which use counts on against limits while a trial goes on, and when it is over: that of its last period in the first paid
 * one, and where its end is moved, and with it what periods are counted from, that of the period so far. Of a trial of a
 * monthly plan that ends on 24 January, what was used since 24 December counts on 24 January, too.
 */
export function carriedUsage(before: Term | undefined, after: Term, now: Date): CarriedUsage[] {
  if (after.trial_end === null) {
    return [];
  }
  if (hasBeenPaid(after)) {
    if (before === undefined || before.trial_end === null || hasBeenPaid(before)) {
      return [];
    }
    // It ended at its date, or before; what is reported later is counted in periods of after.
    const end = new Date(Math.min(before.trial_end.getTime(), after.billing_anchor.getTime()));
    const starts = [startOfLast(before, end), startOfLast(after, after.billing_anchor)];
    return starts
      .filter((start, at) => starts.findIndex((one) => one.getTime() === start.getTime()) === at)
      .map((start) => ({ period_start: after.billing_anchor, from_start: start }));
  }
  const moved = before && {
    period_start: periodAt(after.billing_anchor, after.recurrence, now).start,
    from_start: periodAt(before.billing_anchor, before.recurrence, now).start,
  };
  return [
    ...(moved !== undefined && moved.from_start.getTime() !== moved.period_start.getTime() ? [moved] : []),
    { period_start: after.trial_end, from_start: startOfLast(after, after.trial_end) },
  ];
}

/** A period after the trial has begun. */
function hasBeenPaid({ trial_end: trialEnd, current_period_end: periodEnd }: Term): boolean {
  return trialEnd === null || periodEnd > trialEnd;
}

function startOfLast({ billing_anchor: anchor, recurrence }: Term, end: Date): Date {
  return periodAt(anchor, recurrence, new Date(end.getTime() - 1)).start;
}
