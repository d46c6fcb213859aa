import { nextPeriods, type Period, type Recurrence } from '@billingos/pricing/period';

/** How a subscription that BillingOS invoices stands. */
export interface Billed extends Recurrence {
  is_running: boolean;
  billing_anchor: Date;
  current_period_start: Date;
  current_period_end: Date;
  cancel_at: Date | null;
  ended_at: Date | null;
  billed_until: Date | null;
  /** Whether any of its prices is charged by use. */
  has_usage: boolean;
}

/** What is to be done next. Use is charged for `usage`, what is paid in advance for `advance`. */
export type BillingStep =
  | { do: 'invoice'; usage: Period | null; advance: Period | null }
  | { do: 'end'; at: Date }
  | { do: 'wait'; until: Date }
  | { do: 'nothing' };

/**
 * One step, decided by how the subscription stands and what time it is, so that steps follow each other period by period
 * however late they are taken: the first period is charged when it begins; when it is over, its use and the next one,
 * after `grace_ms` for use that is reported late; at the end the use that is left.
 */
export function billingStep(
  billed: Billed,
  { now, grace_ms: graceMs }: { now: Date; grace_ms: number },
): BillingStep {
  const current = { start: billed.current_period_start, end: billed.current_period_end };
  if (billed.billed_until === null || billed.billed_until <= current.start) {
    return { do: 'invoice', usage: null, advance: current };
  }
  const endsWithPeriod = billed.cancel_at !== null && billed.cancel_at <= current.end;
  const boundary = billed.ended_at ?? (endsWithPeriod ? (billed.cancel_at ?? current.end) : current.end);
  if (now < boundary) {
    return { do: 'wait', until: boundary };
  }
  if (billed.is_running && endsWithPeriod) {
    return { do: 'end', at: boundary };
  }
  if (billed.ended_at !== null && !billed.has_usage) {
    return { do: 'nothing' };
  }
  const due = new Date(boundary.getTime() + (billed.has_usage ? graceMs : 0));
  if (now < due) {
    return { do: 'wait', until: due };
  }
  const usage = billed.has_usage ? { start: current.start, end: boundary } : null;
  if (billed.ended_at !== null) {
    return { do: 'invoice', usage, advance: null };
  }
  const [, next] = nextPeriods(billed.billing_anchor, billed, current.start, 2);
  return { do: 'invoice', usage, advance: next ?? null };
}
