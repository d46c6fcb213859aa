'use client';

import { Input } from '@billingos/ui/components/input';
import { useQuery } from '@tanstack/react-query';
import type { Plan } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { offersOf, offerWords } from '../plans/plan-terms.ts';
import { addOnListQuery } from '../plans/queries.ts';

/** How many of each add-on, as it is typed, by its key. */
export type AddOnQuantities = Record<string, string>;

type AddOnFieldsProps = { value: AddOnQuantities; onChange: (value: AddOnQuantities) => void };

/** How many of each add-on are sold on top of the plan. Nothing is shown where there are none. */
export function AddOnFields({ value, onChange }: AddOnFieldsProps) {
  const { api } = useEnvironment();
  const { data } = useQuery(addOnListQuery(api));
  const sold = data?.data.filter(({ prices }) => prices.length > 0) ?? [];
  if (sold.length === 0) return null;
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-sm font-medium">
        Add-ons <span className="font-normal text-muted">(optional)</span>
      </legend>
      {sold.map((addOn) => (
        <label key={addOn.id} className="flex items-center justify-between gap-3 text-sm">
          <span className="grid min-w-0">
            <span className="truncate">{addOn.name}</span>
            <span className="text-xs text-muted">{offers(addOn)}</span>
          </span>
          <Input
            type="number"
            min={0}
            className="w-20"
            placeholder="0"
            value={value[addOn.key] ?? ''}
            onChange={(event) => onChange({ ...value, [addOn.key]: event.target.value })}
          />
        </label>
      ))}
    </fieldset>
  );
}

function offers({ prices, features }: Plan): string {
  return offersOf(prices)
    .map((offer) => offerWords(offer, features))
    .join(' or ');
}

/** The add-ons of a request: those whose number differs from the present one. */
export function addOnsOf(value: AddOnQuantities, before: Readonly<Record<string, number>> = {}) {
  return Object.entries(value).flatMap(([add_on, typed]) => {
    const quantity = typed.trim() === '' ? 0 : Number(typed);
    const differs = quantity !== (before[add_on] ?? 0);
    return differs && Number.isSafeInteger(quantity) && quantity >= 0 ? [{ add_on, quantity }] : [];
  });
}
