import { addOnsOf, type AddOnQuantities } from './add-on-fields.tsx';

/** What is sold besides the plan, as it is typed. */
export type SaleDraft = {
  quantity: string;
  coupon: string;
  trial: 'usual' | 'yes' | 'no';
  add_ons: AddOnQuantities;
};

export const emptySale: SaleDraft = { quantity: '1', coupon: '', trial: 'usual', add_ons: {} };

/** The part of a request for a subscription or a checkout link that is not the plan; nothing for what is as usual. */
export function saleOf({ quantity, coupon, trial, add_ons }: SaleDraft) {
  const count = Number(quantity);
  return {
    ...(count === 1 ? {} : { quantity: count }),
    ...(coupon.trim() === '' ? {} : { coupon: coupon.trim() }),
    ...(trial === 'usual' ? {} : { trial: trial === 'yes' }),
    ...(addOnsOf(add_ons).length === 0 ? {} : { add_ons: addOnsOf(add_ons) }),
  };
}
