'use client';

import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { Controller, useFormContext } from 'react-hook-form';
import type { Feature } from '../../api/types.ts';
import { parseUnitPrice } from '../../formatting/money.ts';
import { parseCount } from '../../formatting/numbers.ts';
import { isTiered, type PlanDraft } from './plan-draft.ts';

const seats = 'seats';

/** What is counted, what one unit or package costs, and how many units are free. */
export function PriceUnitFields({ index, catalog }: { index: number; catalog: readonly Feature[] }) {
  const { control, register, formState, watch } = useFormContext<PlanDraft>();
  const type = watch(`prices.${index}.type`);
  const errors = formState.errors.prices?.[index];
  const metered = catalog.filter((feature) => feature.type === 'metered');
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Controller
        control={control}
        name={`prices.${index}.feature`}
        rules={{
          validate: (feature, { prices }) =>
            feature !== '' || prices[index]?.type !== 'per_unit' || 'Choose a metered feature.',
        }}
        render={({ field }) => (
          <Field
            label="What is counted"
            hint={metered.length === 0 ? 'Create a metered feature below to charge its use.' : null}
            error={errors?.feature?.message}
          >
            {(tied) => (
              <Select
                {...tied}
                value={field.value || (type === 'per_unit' ? '' : seats)}
                placeholder="Choose a metered feature"
                options={[
                  ...(type === 'per_unit' ? [] : [{ value: seats, label: 'Seats' }]),
                  ...metered.map(({ key, name }) => ({ value: key, label: name })),
                ]}
                onValueChange={(value) => field.onChange(value === seats ? '' : value)}
              />
            )}
          </Field>
        )}
      />
      {isTiered(type) ? null : (
        <Field
          label={type === 'package' ? 'Price of a package' : 'Price of a unit'}
          error={errors?.unit_amount?.message}
        >
          {(tied) => (
            <Input
              {...tied}
              inputMode="decimal"
              placeholder={type === 'package' ? '5.00' : '0.02'}
              autoComplete="off"
              {...register(`prices.${index}.unit_amount`, {
                validate: (typed, { prices }) =>
                  parseUnitPrice(typed, prices[index]?.currency ?? '') !== undefined ||
                  'Enter a price such as 0.02.',
              })}
            />
          )}
        </Field>
      )}
      {type === 'package' ? (
        <Field label="Units in a package" error={errors?.package_size?.message}>
          {(tied) => (
            <Input
              {...tied}
              inputMode="numeric"
              placeholder="1,000"
              autoComplete="off"
              {...register(`prices.${index}.package_size`, {
                validate: (typed) => (parseCount(typed) ?? 0) >= 1 || 'At least 1.',
              })}
            />
          )}
        </Field>
      ) : null}
      <Field label="Free units" optional hint="In each period." error={errors?.included_units?.message}>
        {(tied) => (
          <Input
            {...tied}
            inputMode="numeric"
            placeholder="0"
            autoComplete="off"
            {...register(`prices.${index}.included_units`, {
              validate: (typed) =>
                typed.trim() === '' || parseCount(typed) !== undefined || 'Enter a whole number.',
            })}
          />
        )}
      </Field>
    </div>
  );
}
