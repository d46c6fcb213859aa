import { Field } from '@billingos/ui/components/field';
import { Select } from '@billingos/ui/components/select';
import { currencyOptions } from '../formatting/currencies.ts';

type CurrencyFieldProps = {
  /** Its code, in lower case. */
  value: string;
  onValueChange: (currency: string) => void;
  error: string | undefined;
  className?: string;
};

export function CurrencyField({ value, onValueChange, error, className = '' }: CurrencyFieldProps) {
  return (
    <Field label="Currency" className={className} error={error}>
      {(control) => (
        <Select {...control} value={value} options={currencyOptions(value)} onValueChange={onValueChange} />
      )}
    </Field>
  );
}
