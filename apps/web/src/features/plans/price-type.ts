import type { PriceType } from './plan-draft.ts';

/** The price models as a seller chooses among them. */
export const priceTypes: readonly { value: PriceType; label: string; hint: string }[] = [
  { value: 'flat', label: 'Flat', hint: 'The same amount each period' },
  { value: 'per_seat', label: 'By seat', hint: 'An amount for each seat' },
  { value: 'per_unit', label: 'By use', hint: 'An amount for each unit used' },
  { value: 'package', label: 'By package', hint: 'An amount for each begun package of units' },
  { value: 'graduated', label: 'In steps', hint: 'Each unit at the price of its own tier' },
  { value: 'volume', label: 'By volume', hint: 'All units at the price of the tier reached' },
];
