import type { Path, UseFormReturn } from 'react-hook-form';
import { placeError } from '../../api/place-error.ts';
import type { PlanDraft } from './plan-draft.ts';

/** Shows a refusal of the API at the field it is about: "prices.1.tiers.0.up_to" is the end of a tier. */
export function placePlanError(error: unknown, form: UseFormReturn<PlanDraft>): void {
  const fields = new Map<string, Path<PlanDraft>>([
    ['name', 'name'],
    ['key', 'key'],
    ['description', 'description'],
    ['trial.days', 'trial.days'],
    ['credits.quantity', 'credits.quantity'],
    ['credits.interval_count', 'credits.interval_count'],
    ['credits.rollover.max', 'credits.rollover_max'],
    ['credits.rollover.periods', 'credits.rollover_periods'],
    ['spend_cap', 'spend_cap.amount'],
    ['spend_cap.amount', 'spend_cap.amount'],
    ['spend_cap.currency', 'spend_cap.currency'],
  ]);
  form.getValues('prices').forEach((price, index) => {
    const at = `prices.${index}` as const;
    // Which of several prices is one too many shows best at what makes it the same: its model.
    fields.set(at, `${at}.type`);
    for (const field of priceFields) fields.set(`${at}.${field}`, `${at}.${field}`);
    price.tiers.forEach((_, row) => {
      for (const field of tierFields) {
        fields.set(`${at}.tiers.${row}.${field}`, `${at}.tiers.${row}.${field}`);
      }
    });
  });
  placeError(error, form, fields);
}

const priceFields = [
  'type',
  'currency',
  'amount',
  'unit_amount',
  'package_size',
  'included_units',
  'feature',
  'interval_count',
] as const;
const tierFields = ['up_to', 'unit_amount', 'flat_amount'] as const;
