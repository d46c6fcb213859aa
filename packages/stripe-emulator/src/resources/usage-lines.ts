import { lineAmount } from '../billing/line-amount.ts';
import { money } from '../billing/money.ts';
import { aggregate } from '../billing/usage.ts';
import type { Context } from '../state/context.ts';
import { idOf } from '../state/listed.ts';
import type { Price, Subscription, SubscriptionItem } from '../state/tables.ts';
import { readingsOf } from './meter-events.ts';

/** What a quantity of an item costs in a period, as a line says it. */
export interface Charged {
  amount: number;
  quantity: number;
  description: string;
  period: { start: number; end: number };
}

/** What a customer used of a metered item since its period began, or since it was billed, up to `end`. */
export function usageBetween(
  context: Context,
  subscription: Subscription,
  item: SubscriptionItem,
  end: number,
): Charged | undefined {
  const meter = item.price.recurring?.meter;
  if (meter === null || meter === undefined) return undefined;
  const start = Math.max(item.current_period_start, item.billed_until ?? 0);
  const used = unitsUsed(context, meter, idOf(subscription.customer), { start, end });
  return charged(context, item.price, used, { start, end });
}

/** What a meter counted of a customer in a period; of less than nothing nobody is charged. */
export function unitsUsed(
  context: Context,
  meter: string,
  customer: string,
  { start, end }: { start: number; end: number },
): number {
  const { formula } = context.find('billing.meter', meter).default_aggregation;
  return Math.max(0, aggregate(readingsOf(context, meter, customer), formula, start, end));
}

/** What a quantity costs at a price. */
export function charged(
  context: Context,
  price: Price,
  quantity: number,
  period: { start: number; end: number },
): Charged {
  return {
    amount: lineAmount({ ...price, tiers: context.data.get('_price_detail', price.id)?.tiers }, quantity),
    quantity,
    description: `${quantity} × ${productName(context, price)} (${perInterval(price)})`,
    period,
  };
}

export function productName(context: Context, price: Price): string {
  return context.data.get('product', idOf(price.product))?.name ?? 'Product';
}

function perInterval({ currency, recurring, unit_amount_decimal: amount }: Price): string {
  const count = recurring?.interval_count ?? 1;
  const every = count === 1 ? recurring?.interval : `${count} ${recurring?.interval}s`;
  return amount === null ? `tiered / ${every}` : `at ${money(amount.toNumber(), currency)} / ${every}`;
}
