import type { Plan } from '../../api/types.ts';
import { formatExact, parseQuantity, quantityText } from '../../formatting/numbers.ts';

/** At most so much within each minute, hour, day, week or month. */
export type UsageCap = NonNullable<Plan['features'][number]['caps']>[number];
/** A cap as it is typed. */
export type UsageCapDraft = { interval: UsageCap['interval']; quantity: string };

export const capIntervals = ['minute', 'hour', 'day', 'week', 'month'] as const;

/** The caps of a draft whose rows are valid. */
export function capsOf(drafts: readonly UsageCapDraft[]): UsageCap[] {
  return drafts.flatMap(({ interval, quantity: typed }) => {
    const quantity = parseQuantity(typed);
    return quantity === undefined ? [] : [{ interval, quantity }];
  });
}

export function capDraftsOf(caps: readonly UsageCap[] | null): UsageCapDraft[] {
  return (caps ?? []).map(({ interval, quantity }) => ({ interval, quantity: quantityText(quantity) }));
}

/** What keeps the rows from being sent; true when nothing does. */
export function areCaps(drafts: readonly UsageCapDraft[]): true | string {
  return capsOf(drafts).length === drafts.length || 'Enter a number above 0 for each cap.';
}

/** "at most 100 a minute and 5,000 a day"; nothing without caps. The shortest interval comes first. */
export function capWords(caps: readonly UsageCap[]): string {
  const sorted = caps.toSorted((a, b) => capIntervals.indexOf(a.interval) - capIntervals.indexOf(b.interval));
  const parts = sorted.map(({ interval, quantity }) => `${formatExact(quantity)} ${intervalWords[interval]}`);
  const last = parts.pop();
  if (last === undefined) return '';
  return `at most ${parts.length === 0 ? last : `${parts.join(', ')} and ${last}`}`;
}

const intervalWords = {
  minute: 'a minute',
  hour: 'an hour',
  day: 'a day',
  week: 'a week',
  month: 'a month',
} as const;
