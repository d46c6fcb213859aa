import type { Plan } from '../../api/types.ts';
import { formatInterval, formatMoney } from '../../formatting/money.ts';
import { formatNumber } from '../../formatting/numbers.ts';

type Price = Pick<Plan['prices'][number], 'amount' | 'interval' | 'interval_count'>;
type PlanFeature = Pick<Plan['features'][number], 'name' | 'type' | 'limit' | 'overage' | 'value'>;

/** The head of a price tag: "$29" and "/ month"; a plan without a price, or at 0, is "Free"; one without an amount of its own "By use". */
export function priceTag(price: Price | undefined): { amount: string; period: string } {
  if (price?.amount === null) return { amount: 'By use', period: '' };
  if (!price || price.amount.amount === 0) return { amount: 'Free', period: '' };
  return {
    amount: formatMoney(price.amount),
    period: `/ ${formatInterval(price.interval, price.interval_count)}`,
  };
}

/** One line of what a plan holds: "10,000 API calls, then stops", "Exports", "Support level: e-mail". */
export function featureLine({ name, type, limit, overage, value }: PlanFeature): string {
  if (type === 'boolean') return name;
  if (type === 'config') return `${name}: ${value ?? 'not set'}`;
  if (limit === null) return `Unlimited ${name}`;
  return `${formatNumber(limit)} ${name}${overage === 'allow' ? ', more on top' : ''}`;
}
