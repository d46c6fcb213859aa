import type { Plan } from '../../api/types.ts';
import { formatInterval, formatMoney, formatUnitPrice } from '../../formatting/money.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { creditsWords } from './plan-credits.ts';
import { capWords } from './usage-caps.ts';

type FullPrice = Plan['prices'][number];
/** What of a price can be told in words. */
export type PriceTerms = Omit<FullPrice, 'id' | 'stripe_price_id'>;
type PlanFeature = Pick<Plan['features'][number], 'name' | 'type' | 'limit' | 'overage' | 'value' | 'caps'>;
/** What a version grants and bounds. */
type GrantTerms = Pick<Plan, 'credits'> & { features: readonly PlanFeature[] } & Pick<
    Plan['version'],
    'spend_cap'
  >;
type FeatureNames = readonly { feature: string; name: string }[];

/** The head of an offer: "$29" and "/ month"; then what comes on top: "$8 a seat". */
export type OfferTag = { amount: string; period: string; more: string[] };

/** Prices of one currency and interval are sold together: one group for each. */
export function offersOf<P extends Pick<FullPrice, 'currency' | 'interval' | 'interval_count'>>(
  prices: readonly P[],
): P[][] {
  const offers = Map.groupBy(prices, ({ currency, interval, interval_count }) =>
    [currency, interval, interval_count].join(),
  );
  return [...offers.values()];
}

/** An offer as a price tag. No price, or a flat one of 0 and nothing more, is "Free". */
export function offerTag(offer: readonly PriceTerms[], features: FeatureNames = []): OfferTag {
  const [head, ...more] = offer.toSorted((a, b) => order(a) - order(b)).filter((price) => !isNothing(price));
  if (!head) return { amount: 'Free', period: '', more: [] };
  const period = `/ ${formatInterval(head.interval, head.interval_count)}`;
  const { amount, each } = words(head, features);
  return {
    amount,
    period: each ? `${each} ${period}` : period,
    more: more.map((price) => priceWords(price, features)),
  };
}

/** An offer in one line: "$20 / month + $8 a seat + $0.02 per API call". */
export function offerWords(offer: readonly PriceTerms[], features: FeatureNames = []): string {
  const { amount, period, more } = offerTag(offer, features);
  return [[amount, period].filter((part) => part !== '').join(' '), ...more].join(' + ');
}

/** One price without its period: "$8 a seat", "$5 per 1,000 API calls after 10,000 free". */
export function priceWords(price: PriceTerms, features: FeatureNames = []): string {
  const { amount, each } = words(price, features);
  return each ? `${amount} ${each}` : amount;
}

function words(price: PriceTerms, features: FeatureNames): { amount: string; each: string } {
  const { type, currency, tiers } = price;
  const counted = price.feature === null ? null : (nameOf(price.feature, features) ?? price.feature);
  const free = price.included_units > 0 ? ` after ${formatNumber(price.included_units)} free` : '';
  const one = counted === null ? 'a seat' : `per ${singular(counted)}`;
  if (type === 'flat') return { amount: price.amount ? formatMoney(price.amount) : 'Free', each: '' };
  if (type === 'per_seat')
    return { amount: price.amount ? formatMoney(price.amount) : 'Free', each: 'a seat' };
  const unit = formatUnitPrice(price.unit_amount ?? '0', currency);
  if (type === 'per_unit') return { amount: unit, each: `${one}${free}` };
  if (type === 'package') {
    const size = `${formatNumber(price.package_size ?? 1)} ${counted ?? 'seats'}`;
    return { amount: unit, each: `per ${size}${free}` };
  }
  return { amount: lowestToHighest(tiers ?? [], currency), each: `${one} ${tierWords[type]}${free}` };
}

const tierWords = { graduated: 'in steps', volume: 'by volume' };

/** "$0.01–$0.02": tiers seldom go one way only, so the range is told. */
function lowestToHighest(tiers: NonNullable<FullPrice['tiers']>, currency: string): string {
  const sorted = tiers.map(({ unit_amount }) => unit_amount).toSorted((a, b) => Number(a) - Number(b));
  const [low = '0'] = sorted;
  const high = sorted.at(-1) ?? low;
  const from = formatUnitPrice(low, currency);
  return low === high ? from : `${from}–${formatUnitPrice(high, currency)}`;
}

/** What is charged in advance first: the flat part, the seats, then use. */
function order({ type, feature }: PriceTerms): number {
  if (type === 'flat') return 0;
  return feature === null ? 1 : 2;
}

function isNothing({ amount }: PriceTerms): boolean {
  return amount?.amount === 0;
}

function nameOf(feature: string, features: FeatureNames): string | undefined {
  return features.find((one) => one.feature === feature)?.name;
}

/** "API calls" is counted by the "API call". A name that does not end like a plural stays. */
export function singular(name: string): string {
  if (/(?:ss|us|is)$/i.test(name)) return name;
  if (/ies$/i.test(name)) return name.replace(/ies$/i, 'y');
  return name.replace(/((?:[sxz]|ch|sh))es$|s$/i, '$1');
}

/** One line of what a plan holds: "10,000 API calls, then stops", "Exports", "Support level: e-mail". */
export function featureLine({ name, type, limit, overage, value, caps }: PlanFeature): string {
  if (type === 'boolean') return name;
  if (type === 'config') return `${name}: ${value ?? 'not set'}`;
  const included =
    limit === null
      ? `Unlimited ${name}`
      : `${formatNumber(limit)} ${name}${overage === 'allow' ? ', more on top' : ''}`;
  return [included, capWords(caps ?? [])].filter((part) => part !== '').join(', ');
}

/** Line by line what a version holds: its features, its credits, and what use may cost at most. */
export function grantLines({ features, credits, spend_cap }: GrantTerms): string[] {
  return [
    ...features.map(featureLine),
    ...(credits ? [creditsWords(credits)] : []),
    ...(spend_cap ? [`Use costs at most ${formatMoney(spend_cap)} a period`] : []),
  ];
}

/** What of one list of lines is not in the other. */
export function differenceOf(
  before: readonly string[],
  after: readonly string[],
): { gone: string[]; added: string[] } {
  return {
    gone: before.filter((line) => !after.includes(line)),
    added: after.filter((line) => !before.includes(line)),
  };
}
