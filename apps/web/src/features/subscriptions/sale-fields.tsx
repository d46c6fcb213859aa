'use client';

import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { Controller, useFormContext } from 'react-hook-form';
import { AddOnFields } from './add-on-fields.tsx';
import { PlanChoice } from './plan-choice.tsx';
import type { SaleDraft } from './sale.ts';

const trials = [
  { value: 'usual', label: 'As the plan says', hint: 'Once for each customer' },
  { value: 'yes', label: 'With a trial' },
  { value: 'no', label: 'Without a trial' },
] as const satisfies readonly { value: SaleDraft['trial']; label: string; hint?: string }[];

/** Plan, quantity, coupon, trial and add-ons of a sale. */
export function SaleFields() {
  const { control: form, register, formState } = useFormContext<{ sale: SaleDraft }>();
  const errors = formState.errors.sale;
  return (
    <>
      <Controller
        control={form}
        name="sale.plan"
        rules={{ required: 'Choose a plan.' }}
        render={({ field }) => (
          <PlanChoice value={field.value} onChange={field.onChange} error={errors?.plan?.message} />
        )}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="Quantity"
          hint="Seats, where there is a price by seat."
          error={errors?.quantity?.message}
        >
          {(control) => <Input {...control} type="number" min={1} {...register('sale.quantity')} />}
        </Field>
        <Field label="Coupon" optional error={errors?.coupon?.message}>
          {(control) => <Input {...control} autoComplete="off" {...register('sale.coupon')} />}
        </Field>
      </div>
      <Controller
        control={form}
        name="sale.trial"
        render={({ field }) => (
          <Field label="Trial" error={errors?.trial?.message}>
            {(control) => (
              <Select {...control} value={field.value} options={trials} onValueChange={field.onChange} />
            )}
          </Field>
        )}
      />
      <Controller
        control={form}
        name="sale.add_ons"
        render={({ field }) => <AddOnFields value={field.value} onChange={field.onChange} />}
      />
    </>
  );
}
