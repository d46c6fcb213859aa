import type { Path } from 'react-hook-form';
import { addOnsOf, type AddOnQuantities } from './add-on-fields.tsx';
import type { ChosenPlan } from './plan-choice.tsx';

/** What is sold, as it is chosen and typed. */
export type SaleDraft = {
  plan: ChosenPlan | null;
  quantity: string;
  coupon: string;
  trial: 'usual' | 'yes' | 'no';
  add_ons: AddOnQuantities;
};

export const emptySale: SaleDraft = { plan: null, quantity: '1', coupon: '', trial: 'usual', add_ons: {} };

/** Where the fields of a sale are that the API refuses. */
export const saleFields = [
  ['plan', 'sale.plan'],
  ['price', 'sale.plan'],
  ['quantity', 'sale.quantity'],
  ['coupon', 'sale.coupon'],
  ['trial', 'sale.trial'],
] as const satisfies readonly (readonly [string, Path<{ sale: SaleDraft }>])[];

/** The part of a request for a subscription or a checkout link that says what is sold; nothing for what is as usual. */
export function saleOf({ plan, quantity, coupon, trial, add_ons }: SaleDraft) {
  const count = Number(quantity);
  return {
    plan: plan?.plan ?? '',
    price: plan?.price ?? '',
    ...(count === 1 ? {} : { quantity: count }),
    ...(coupon.trim() === '' ? {} : { coupon: coupon.trim() }),
    ...(trial === 'usual' ? {} : { trial: trial === 'yes' }),
    ...(addOnsOf(add_ons).length === 0 ? {} : { add_ons: addOnsOf(add_ons) }),
  };
}
