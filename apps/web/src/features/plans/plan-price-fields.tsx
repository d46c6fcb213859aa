'use client';

import { Button } from '@billingos/ui/components/button';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { Plus, Trash2 } from 'lucide-react';
import { Controller, useFieldArray, useFormContext } from 'react-hook-form';
import type { Interval } from '../../api/types.ts';
import { exponent, parseMoney } from '../../formatting/money.ts';
import { parseCount, type PlanDraft } from './plan-draft.ts';

const currencies = ['usd', 'eur', 'gbp', 'inr', 'jpy', 'chf', 'cad', 'aud', 'sek', 'brl'].map((code) => ({
  value: code,
  label: code.toUpperCase(),
}));

const intervals: readonly { value: Interval; label: string }[] = [
  { value: 'day', label: 'day' },
  { value: 'week', label: 'week' },
  { value: 'month', label: 'month' },
  { value: 'year', label: 'year' },
];

/** One or more flat prices in one currency. */
export function PlanPriceFields() {
  const { control, register, formState, getValues } = useFormContext<PlanDraft>();
  const { fields, append, remove } = useFieldArray({ control, name: 'prices' });
  const { errors } = formState;
  return (
    <Card>
      <CardHeader
        title="Price"
        description="Charged at the start of each period. 0 makes the plan free."
        action={
          <Button
            size="sm"
            variant="ghost"
            onClick={() => append({ amount: '', interval: 'year', interval_count: '1' })}
          >
            <Plus aria-hidden />
            Add a price
          </Button>
        }
      />
      <CardBody className="grid gap-4">
        <Controller
          control={control}
          name="currency"
          render={({ field }) => (
            <Field label="Currency" className="w-32" error={errors.currency?.message}>
              {(tied) => (
                <Select {...tied} value={field.value} onValueChange={field.onChange} options={currencies} />
              )}
            </Field>
          )}
        />
        {fields.map((price, index) => (
          <div
            key={price.id}
            className="grid grid-cols-[1fr_1fr_auto] items-start gap-3 sm:grid-cols-[minmax(0,1fr)_5rem_7rem_auto]"
          >
            <Field
              label="Amount"
              className="col-span-full sm:col-span-1"
              error={errors.prices?.[index]?.amount?.message}
            >
              {(tied) => (
                <Input
                  {...tied}
                  inputMode="decimal"
                  placeholder="29.00"
                  autoComplete="off"
                  {...register(`prices.${index}.amount`, {
                    validate: (typed) => {
                      const currency = getValues('currency');
                      if (parseMoney(typed, currency) !== undefined) return true;
                      const digits = exponent(currency);
                      return digits === 0
                        ? 'Enter a whole amount.'
                        : `Enter an amount such as ${(29).toFixed(digits)}.`;
                    },
                  })}
                />
              )}
            </Field>
            <Field label="Every" error={errors.prices?.[index]?.interval_count?.message}>
              {(tied) => (
                <Input
                  {...tied}
                  inputMode="numeric"
                  {...register(`prices.${index}.interval_count`, {
                    validate: (typed) => (parseCount(typed) ?? 0) >= 1 || 'At least 1.',
                  })}
                />
              )}
            </Field>
            <Controller
              control={control}
              name={`prices.${index}.interval`}
              render={({ field }) => (
                <Field label="Interval">
                  {(tied) => (
                    <Select
                      {...tied}
                      value={field.value}
                      onValueChange={field.onChange}
                      options={intervals}
                    />
                  )}
                </Field>
              )}
            />
            <Button
              variant="ghost"
              size="icon"
              className="mt-6.5"
              aria-label={`Remove price ${index + 1}`}
              disabled={fields.length === 1}
              onClick={() => remove(index)}
            >
              <Trash2 aria-hidden />
            </Button>
          </div>
        ))}
      </CardBody>
    </Card>
  );
}
