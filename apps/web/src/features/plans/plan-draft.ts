import type { Feature, Interval, NewPlan } from '../../api/types.ts';
import { parseMoney } from '../../formatting/money.ts';

/** One price as it is typed. */
export type PriceDraft = { amount: string; interval: Interval; interval_count: string };
/** One feature of the catalog as this plan holds it; only chosen ones are sent. */
export type FeatureDraft = { chosen: boolean; limit: string; overage: 'block' | 'allow'; value: string };

export type PlanDraft = {
  name: string;
  key: string;
  description: string;
  currency: string;
  prices: PriceDraft[];
  /** By feature id: a key may hold dots, which form paths would read as nesting. */
  features: Record<string, FeatureDraft>;
};

export const emptyFeature: FeatureDraft = { chosen: false, limit: '', overage: 'block', value: '' };

export const emptyPlan: PlanDraft = {
  name: '',
  key: '',
  description: '',
  currency: 'usd',
  prices: [{ amount: '', interval: 'month', interval_count: '1' }],
  features: {},
};

/** Whole numbers up to what a JSON number carries exactly; undefined for anything else. */
export function parseCount(typed: string): number | undefined {
  const digits = typed.trim().replaceAll(',', '');
  return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
}

type FlatPrice = NonNullable<NewPlan['prices']>[number] & { amount: number };

/** The prices of a draft that make sense so far; an amount that is no number yet is left out. */
export function draftPrices({ prices, currency }: PlanDraft): FlatPrice[] {
  return prices.flatMap(({ amount, interval, interval_count }) => {
    const minor = parseMoney(amount, currency);
    if (minor === undefined) return [];
    return [{ amount: minor, currency, interval, interval_count: parseCount(interval_count) || 1 }];
  });
}

/** The features that a draft has chosen, in the order of the catalog. An empty limit means unlimited. */
export function draftFeatures(
  draft: PlanDraft,
  catalog: readonly Feature[],
): NonNullable<NewPlan['features']> {
  return catalog.flatMap(({ id, key, type }) => {
    const chosen = draft.features[id];
    if (!chosen?.chosen) return [];
    if (type === 'metered')
      return [{ feature: key, limit: parseCount(chosen.limit) ?? null, overage: chosen.overage }];
    return type === 'config' ? [{ feature: key, value: chosen.value.trim() }] : [{ feature: key }];
  });
}
