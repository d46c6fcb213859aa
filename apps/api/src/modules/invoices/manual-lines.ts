import type { Period } from '@billingos/pricing/period';
import { type Decimal, decimal, sum } from '@billingos/pricing/money';
import { lineAmount, type Price } from '@billingos/pricing/price';
import type { UsedInPeriod } from '../usage/used-period.ts';

/** A price of a subscription, as it is to be invoiced. */
export interface InvoicedPrice extends Price {
  id: string;
  /** Of the plan or add-on it belongs to. */
  plan_name: string;
  /** Of the metered feature whose use it charges. Null: charged in advance. */
  feature_name: string | null;
}

export interface ManualLine {
  kind: 'recurring' | 'usage' | 'late_usage';
  description: string;
  quantity: string;
  unit_amount: string | null;
  amount: number;
  price_id: string;
  period_start: Date;
  period_end: Date;
}

/** What a price charges for a period: seats or a flat amount in advance, use when it is over. */
export function manualLine(price: InvoicedPrice, units: string, period: Period): ManualLine {
  return {
    kind: price.feature_name === null ? 'recurring' : 'usage',
    description: descriptionOf(price),
    quantity: units,
    unit_amount: unitAmountOf(price),
    amount: lineAmount(price, units),
    price_id: price.id,
    period_start: period.start,
    period_end: period.end,
  };
}

/**
 * What a price charges for the use of a period, but for `credited` units that credits have paid for. Use of earlier periods
 * that was reported after they were closed has a line of its own, with its dates; both together charge what all of it
 * costs: 900 on time and 200 late, of which 1,000 are included, are 0 and 100 units.
 */
export function usageLines(
  price: InvoicedPrice,
  counted: UsedInPeriod,
  credited: string,
  period: Period,
): ManualLine[] {
  const used = withoutCredited(counted, credited);
  const all = manualLine(price, used.total, period);
  const paid = Number(credited) === 0 ? '' : `, ${count(Number(credited))} paid with credits`;
  if (used.late === null) {
    return [{ ...all, description: `${all.description}${paid}`.slice(0, 500) }];
  }
  const { on_time: onTime, quantity, first_at: first, last_at: last } = used.late;
  const usual = manualLine(price, onTime, period);
  return [
    { ...usual, description: `${usual.description}${paid}`.slice(0, 500) },
    {
      ...usual,
      kind: 'late_usage',
      description: `Reported late, used ${datesOf(first, last)}: ${usual.description}`.slice(0, 500),
      quantity,
      amount: sum([all.amount, -usual.amount]),
      period_start: first,
      period_end: last,
    },
  ];
}

/** Of 900 on time and 200 late, 950 of which credits paid for, 0 and 150 are left. */
function withoutCredited(used: UsedInPeriod, credited: string): UsedInPeriod {
  const left = (units: string, paid: Decimal) =>
    decimal(units).gt(paid) ? decimal(units).minus(paid) : decimal(0);
  const total = left(used.total, decimal(credited));
  if (used.late === null) {
    return { total: total.toFixed(), late: null };
  }
  const onTime = left(used.late.on_time, decimal(credited));
  return {
    total: total.toFixed(),
    late: { ...used.late, on_time: onTime.toFixed(), quantity: total.minus(onTime).toFixed() },
  };
}

/** `3 Oct 2026`, or `3 Oct 2026 – 5 Oct 2026`, in UTC. */
function datesOf(first: Date, last: Date): string {
  const words = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
  return [...new Set([words.format(first), words.format(last)])].join(' – ');
}

/** Whether a line says anything: no use that costs nothing is left out. */
export function isWorthMentioning({ amount, quantity }: ManualLine): boolean {
  return amount !== 0 || Number(quantity) !== 0;
}

/** The price of one; null where one price does not say it. */
function unitAmountOf(price: Price): string | null {
  switch (price.type) {
    case 'flat':
    case 'per_seat':
      return price.amount === null ? null : String(price.amount);
    case 'per_unit':
      return price.included_units === 0 ? price.unit_amount : null;
    case 'package':
    case 'graduated':
    case 'volume':
      return null;
  }
}

function descriptionOf(price: InvoicedPrice): string {
  const terms = [
    price.type === 'package' && price.package_size !== null
      ? `in packages of ${count(price.package_size)}`
      : '',
    price.type === 'graduated' ? 'by tier' : '',
    price.type === 'volume' ? 'by volume' : '',
    price.included_units > 0 ? `${count(price.included_units)} included` : '',
  ].filter((term) => term !== '');
  const what = price.feature_name === null ? price.plan_name : `${price.plan_name}: ${price.feature_name}`;
  return [price.type === 'per_seat' ? `${what}, per seat` : what, ...terms].join(', ').slice(0, 500);
}

function count(units: number): string {
  return new Intl.NumberFormat('en').format(units);
}
