import type { Plan } from '../../api/types.ts';
import { formatInterval } from '../../formatting/money.ts';
import { formatExact, parseCount, parseQuantity, quantityText } from '../../formatting/numbers.ts';

export type PlanCredits = NonNullable<Plan['credits']>;
/** What a plan grants, as it is typed; no credits without a quantity. */
export type CreditsDraft = {
  quantity: string;
  interval: PlanCredits['interval'];
  interval_count: string;
  carries_over: boolean;
  rollover_max: string;
  rollover_periods: string;
};

export const emptyCredits: CreditsDraft = {
  quantity: '',
  interval: 'month',
  interval_count: '1',
  carries_over: false,
  rollover_max: '',
  rollover_periods: '1',
};

/** The credits of a draft whose fields are valid; null when it grants none. */
export function draftCredits(draft: CreditsDraft): PlanCredits | null {
  const quantity = parseQuantity(draft.quantity);
  if (quantity === undefined) return null;
  const max = parseQuantity(draft.rollover_max);
  const { interval, carries_over } = draft;
  return {
    quantity,
    interval,
    interval_count: parseCount(draft.interval_count) || 1,
    rollover:
      carries_over && max !== undefined ? { max, periods: parseCount(draft.rollover_periods) || 1 } : null,
  };
}

export function creditsDraftOf(credits: PlanCredits | null): CreditsDraft {
  if (credits === null) return emptyCredits;
  const { quantity, interval, interval_count, rollover } = credits;
  return {
    quantity: quantityText(quantity),
    interval,
    interval_count: String(interval_count),
    carries_over: rollover !== null,
    rollover_max: rollover === null ? '' : quantityText(rollover.max),
    rollover_periods: rollover === null ? '1' : String(rollover.periods),
  };
}

/** "200 credits each month, up to 400 carried over". */
export function creditsWords({ quantity, interval, interval_count, rollover }: PlanCredits): string {
  const each = `${formatExact(quantity)} credits each ${formatInterval(interval, interval_count)}`;
  return rollover === null ? each : `${each}, up to ${formatExact(rollover.max)} carried over`;
}
