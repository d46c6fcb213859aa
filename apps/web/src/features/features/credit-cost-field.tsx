import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import type { UseFormRegisterReturn } from 'react-hook-form';
import { parseQuantity } from '../../formatting/numbers.ts';

type CreditCostFieldProps = { error: string | undefined; field: UseFormRegisterReturn };

/** What a unit beyond the limit costs in credits; empty is null: credits do not pay for it. */
export function CreditCostField({ error, field }: CreditCostFieldProps) {
  return (
    <Field
      label="Credits for one unit"
      optional
      hint="What a unit beyond the limit takes from the customer’s credits. Empty means that credits do not pay for it."
      error={error}
    >
      {(control) => <Input {...control} inputMode="decimal" placeholder="1" autoComplete="off" {...field} />}
    </Field>
  );
}

export function isCreditCost(typed: string): true | string {
  return typed.trim() === '' || parseQuantity(typed) !== undefined || 'Enter a number above 0, such as 0.5.';
}
