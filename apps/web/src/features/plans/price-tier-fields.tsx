'use client';

import { Button } from '@billingos/ui/components/button';
import { Input } from '@billingos/ui/components/input';
import { Plus, Trash2 } from 'lucide-react';
import { useFieldArray, useFormContext } from 'react-hook-form';
import { parseMoney, parseUnitPrice } from '../../formatting/money.ts';
import { parseCount } from '../../formatting/numbers.ts';
import type { PlanDraft } from './plan-draft.ts';

/** The tiers of a graduated or volume price. The last one has no end. */
export function PriceTierFields({ index }: { index: number }) {
  const { control, register, formState } = useFormContext<PlanDraft>();
  const { fields, insert, remove } = useFieldArray({ control, name: `prices.${index}.tiers` });
  const errors = formState.errors.prices?.[index]?.tiers;
  return (
    <div className="grid gap-2">
      <div aria-hidden className="grid grid-cols-[1fr_1fr_1fr_2.25rem] gap-2 text-xs font-medium text-muted">
        <span>Up to</span>
        <span>Each unit</span>
        <span>Once</span>
      </div>
      {fields.map((field, row) => {
        const isLast = row === fields.length - 1;
        const error = errors?.[row];
        const message = error?.up_to?.message ?? error?.unit_amount?.message ?? error?.flat_amount?.message;
        const message_id = `${field.id}-error`;
        const described = message ? { 'aria-describedby': message_id } : {};
        return (
          <div key={field.id} className="grid grid-cols-[1fr_1fr_1fr_2.25rem] items-start gap-2">
            {isLast ? (
              <p className="self-center px-2.5 text-sm text-muted">all beyond</p>
            ) : (
              <Input
                aria-label={`Tier ${row + 1} up to`}
                {...described}
                {...(error?.up_to ? { 'aria-invalid': true as const } : {})}
                inputMode="numeric"
                placeholder="1,000"
                autoComplete="off"
                {...register(`prices.${index}.tiers.${row}.up_to`, {
                  validate: (typed, { prices }) => {
                    const before =
                      row === 0 ? 0 : (parseCount(prices[index]?.tiers[row - 1]?.up_to ?? '') ?? 0);
                    return (parseCount(typed) ?? 0) > before || `Enter a whole number above ${before}.`;
                  },
                })}
              />
            )}
            <Input
              aria-label={`Tier ${row + 1}, each unit`}
              {...described}
              {...(error?.unit_amount ? { 'aria-invalid': true as const } : {})}
              inputMode="decimal"
              placeholder="0.02"
              autoComplete="off"
              {...register(`prices.${index}.tiers.${row}.unit_amount`, {
                validate: (typed, { prices }) =>
                  parseUnitPrice(typed, prices[index]?.currency ?? '') !== undefined ||
                  'Enter a price such as 0.02.',
              })}
            />
            <Input
              aria-label={`Tier ${row + 1}, once`}
              {...described}
              {...(error?.flat_amount ? { 'aria-invalid': true as const } : {})}
              inputMode="decimal"
              placeholder="0"
              autoComplete="off"
              {...register(`prices.${index}.tiers.${row}.flat_amount`, {
                validate: (typed, { prices }) =>
                  typed.trim() === '' ||
                  parseMoney(typed, prices[index]?.currency ?? '') !== undefined ||
                  'Enter an amount, or nothing.',
              })}
            />
            <Button
              variant="ghost"
              size="icon"
              aria-label={`Remove tier ${row + 1}`}
              disabled={fields.length === 1 || isLast}
              onClick={() => remove(row)}
            >
              <Trash2 aria-hidden />
            </Button>
            {message ? (
              <p id={message_id} role="alert" className="col-span-full text-xs text-danger-ink">
                {message}
              </p>
            ) : null}
          </div>
        );
      })}
      <Button
        size="sm"
        variant="ghost"
        className="justify-self-start"
        onClick={() => insert(fields.length - 1, { up_to: '', unit_amount: '', flat_amount: '' })}
      >
        <Plus aria-hidden />
        Add a tier
      </Button>
    </div>
  );
}
