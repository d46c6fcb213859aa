'use client';

import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { AddOnFields } from './add-on-fields.tsx';
import type { SaleDraft } from './sale.ts';

const trials = [
  { value: 'usual', label: 'As the plan says', hint: 'Once for each customer' },
  { value: 'yes', label: 'With a trial' },
  { value: 'no', label: 'Without a trial' },
] as const;

type SaleFieldsProps = {
  value: SaleDraft;
  onChange: (value: SaleDraft) => void;
  errors: { [Name in 'quantity' | 'coupon' | 'trial']?: string | undefined };
};

/** Quantity, coupon, trial and add-ons of a sale. */
export function SaleFields({ value, onChange, errors }: SaleFieldsProps) {
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Quantity" hint="Seats, where there is a price by seat." error={errors.quantity}>
          {(control) => (
            <Input
              {...control}
              type="number"
              min={1}
              value={value.quantity}
              onChange={(event) => onChange({ ...value, quantity: event.target.value })}
            />
          )}
        </Field>
        <Field label="Coupon" optional error={errors.coupon}>
          {(control) => (
            <Input
              {...control}
              autoComplete="off"
              value={value.coupon}
              onChange={(event) => onChange({ ...value, coupon: event.target.value })}
            />
          )}
        </Field>
      </div>
      <Field label="Trial" error={errors.trial}>
        {(control) => (
          <Select
            {...control}
            value={value.trial}
            options={trials}
            onValueChange={(chosen) =>
              onChange({ ...value, trial: trials.find((one) => one.value === chosen)?.value ?? 'usual' })
            }
          />
        )}
      </Field>
      <AddOnFields value={value.add_ons} onChange={(add_ons) => onChange({ ...value, add_ons })} />
    </>
  );
}
