import type { Price } from '@billingos/pricing/price';
import type { Feature, Interval, NewPlan, Plan } from '../../api/types.ts';
import { majorText, parseMoney, parseUnitPrice } from '../../formatting/money.ts';
import { parseCount } from '../../formatting/numbers.ts';
import { type CreditsDraft, creditsDraftOf, emptyCredits } from './plan-credits.ts';
import { capDraftsOf, capsOf, type UsageCapDraft } from './usage-caps.ts';

export type PriceType = Plan['prices'][number]['type'];
/** One tier as it is typed. The end of the last one is empty: it has none. */
export type TierDraft = { up_to: string; unit_amount: string; flat_amount: string };
/** One price as it is typed, amounts in major units. Which fields count, its type says. */
export type PriceDraft = {
  type: PriceType;
  currency: string;
  amount: string;
  unit_amount: string;
  package_size: string;
  included_units: string;
  tiers: TierDraft[];
  /** Key of the metered feature whose use is charged; empty for seats. */
  feature: string;
  interval: Interval;
  interval_count: string;
};
/** One feature of the catalog as this plan holds it; only chosen ones are sent. */
export type FeatureDraft = {
  chosen: boolean;
  limit: string;
  overage: 'block' | 'allow';
  value: string;
  caps: UsageCapDraft[];
};
export type TrialDraft = { days: string; requires_card: boolean; end: 'cancel' | 'pause' };

export type PlanDraft = {
  name: string;
  key: string;
  description: string;
  prices: PriceDraft[];
  /** By feature id: a key may hold dots, which form paths would read as nesting. */
  features: Record<string, FeatureDraft>;
  trial: TrialDraft;
  credits: CreditsDraft;
  /** Without an amount there is none. */
  spend_cap: { amount: string; currency: string };
};

export const emptyFeature: FeatureDraft = { chosen: false, limit: '', overage: 'block', value: '', caps: [] };
export const emptyPrice: PriceDraft = {
  type: 'flat',
  currency: 'usd',
  amount: '',
  unit_amount: '',
  package_size: '',
  included_units: '',
  tiers: [
    { up_to: '', unit_amount: '', flat_amount: '' },
    { up_to: '', unit_amount: '', flat_amount: '' },
  ],
  feature: '',
  interval: 'month',
  interval_count: '1',
};

export const emptyPlan: PlanDraft = {
  name: '',
  key: '',
  description: '',
  prices: [emptyPrice],
  features: {},
  trial: { days: '', requires_card: true, end: 'cancel' },
  credits: emptyCredits,
  spend_cap: { amount: '', currency: 'usd' },
};

export const isTiered = (type: PriceType): boolean => type === 'graduated' || type === 'volume';
export const hasAmount = (type: PriceType): boolean => type === 'flat' || type === 'per_seat';

export type WishedPrice = NonNullable<NewPlan['prices']>[number];

/** The prices of a draft that make sense so far; one with an amount that is no number yet is left out. */
export function draftPrices({ prices }: Pick<PlanDraft, 'prices'>): WishedPrice[] {
  return prices.flatMap((price) => {
    const charge = chargeOf(price);
    if (!charge) return [];
    const { type, currency, interval, interval_count } = price;
    return [{ type, ...charge, currency, interval, interval_count: parseCount(interval_count) || 1 }];
  });
}

function chargeOf(price: PriceDraft): Partial<WishedPrice> | undefined {
  const { type, currency } = price;
  if (hasAmount(type)) {
    const amount = parseMoney(price.amount, currency);
    return amount === undefined ? undefined : { amount };
  }
  if (type === 'per_unit' && price.feature === '') return undefined;
  const included = parseCount(price.included_units) ?? 0;
  const counted = {
    ...(price.feature === '' ? {} : { feature: price.feature }),
    ...(included === 0 ? {} : { included_units: included }),
  };
  if (isTiered(type)) {
    const tiers = tiersOf(price.tiers, currency);
    return tiers && { tiers, ...counted };
  }
  const unit_amount = parseUnitPrice(price.unit_amount, currency);
  if (unit_amount === undefined) return undefined;
  if (type === 'per_unit') return { unit_amount, ...counted };
  const package_size = parseCount(price.package_size);
  return package_size ? { unit_amount, package_size, ...counted } : undefined;
}

function tiersOf(drafts: readonly TierDraft[], currency: string): WishedPrice['tiers'] | undefined {
  let before = 0;
  const tiers = drafts.flatMap(({ up_to, unit_amount, flat_amount }, index) => {
    const isLast = index === drafts.length - 1;
    const end = isLast ? null : parseCount(up_to);
    const unit = parseUnitPrice(unit_amount, currency);
    const flat = flat_amount.trim() === '' ? 0 : parseMoney(flat_amount, currency);
    if (unit === undefined || flat === undefined || end === undefined || (end !== null && end <= before))
      return [];
    before = end ?? before;
    return [{ up_to: end, unit_amount: unit, flat_amount: flat }];
  });
  return tiers.length === drafts.length && tiers.length > 0 ? tiers : undefined;
}

/** What a wished price charges, with nothing left out. */
export function chargeTerms(price: WishedPrice): Price {
  return {
    type: price.type ?? 'flat',
    amount: price.amount ?? null,
    unit_amount: price.unit_amount ?? null,
    package_size: price.package_size ?? null,
    included_units: price.included_units ?? 0,
    tiers: price.tiers?.map((tier) => ({ ...tier, flat_amount: tier.flat_amount ?? 0 })) ?? null,
  };
}

/** The features that a draft has chosen, in the order of the catalog. An empty limit means unlimited. */
export function draftFeatures(
  draft: Pick<PlanDraft, 'features'>,
  catalog: readonly Feature[],
): NonNullable<NewPlan['features']> {
  return catalog.flatMap(({ id, key, type }) => {
    const chosen = draft.features[id];
    if (!chosen?.chosen) return [];
    if (type === 'metered') {
      const { overage } = chosen;
      const caps = capsOf(chosen.caps);
      return [
        {
          feature: key,
          limit: parseCount(chosen.limit) ?? null,
          overage,
          ...(caps.length === 0 ? {} : { caps }),
        },
      ];
    }
    return type === 'config' ? [{ feature: key, value: chosen.value.trim() }] : [{ feature: key }];
  });
}

/** The trial of a draft; without a number of days there is none. */
export function draftTrial({ trial }: Pick<PlanDraft, 'trial'>): NonNullable<NewPlan['trial']> | null {
  const days = parseCount(trial.days);
  return days ? { days, requires_card: trial.requires_card, end: trial.end } : null;
}

/** The spend cap of a draft; without an amount there is none. */
export function draftSpendCap({ spend_cap }: Pick<PlanDraft, 'spend_cap'>): Plan['version']['spend_cap'] {
  const amount = parseMoney(spend_cap.amount, spend_cap.currency);
  return amount === undefined ? null : { amount, currency: spend_cap.currency };
}

type Version = Pick<Plan, 'prices' | 'features' | 'credits'> & Pick<Plan['version'], 'trial' | 'spend_cap'>;

/** A version as the editor shows it, to be changed. */
export function draftOf(
  plan: Pick<Plan, 'name' | 'key' | 'description'>,
  version: Version,
  catalog: readonly Feature[],
): PlanDraft {
  const { trial, credits, spend_cap } = version;
  return {
    name: plan.name,
    key: plan.key,
    description: plan.description ?? '',
    prices: version.prices.map(priceDraftOf),
    features: Object.fromEntries(
      version.features.flatMap(({ feature, limit, overage, value, caps }) => {
        const known = catalog.find(({ key }) => key === feature);
        const draft: FeatureDraft = {
          chosen: true,
          limit: limit === null ? '' : String(limit),
          overage: overage ?? 'block',
          value: value ?? '',
          caps: capDraftsOf(caps),
        };
        return known ? [[known.id, draft]] : [];
      }),
    ),
    trial: trial
      ? { days: String(trial.days), requires_card: trial.requires_card, end: trial.end }
      : emptyPlan.trial,
    credits: creditsDraftOf(credits),
    spend_cap: spend_cap
      ? { amount: majorText(spend_cap.amount, spend_cap.currency), currency: spend_cap.currency }
      : { amount: '', currency: version.prices[0]?.currency ?? emptyPlan.spend_cap.currency },
  };
}

function priceDraftOf(price: Plan['prices'][number]): PriceDraft {
  const { currency } = price;
  return {
    type: price.type,
    currency,
    amount: price.amount ? majorText(price.amount.amount, currency) : '',
    unit_amount: price.unit_amount === null ? '' : majorText(price.unit_amount, currency),
    package_size: price.package_size === null ? '' : String(price.package_size),
    included_units: price.included_units === 0 ? '' : String(price.included_units),
    tiers:
      price.tiers?.map(({ up_to, unit_amount, flat_amount }) => ({
        up_to: up_to === null ? '' : String(up_to),
        unit_amount: majorText(unit_amount, currency),
        flat_amount: flat_amount === 0 ? '' : majorText(flat_amount, currency),
      })) ?? emptyPrice.tiers,
    feature: price.feature ?? '',
    interval: price.interval,
    interval_count: String(price.interval_count),
  };
}
