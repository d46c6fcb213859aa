import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { formatExact } from '../../formatting/numbers.ts';
import { packCount } from './pack-count.ts';

type PackCountFieldProps = { typed: string; onType: (typed: string) => void; max: number };

/** How many packs are bought at once. */
export function PackCountField({ typed, onType, max }: PackCountFieldProps) {
  const fits = packCount(typed, max) !== undefined;
  return (
    <Field label="How many" error={fits ? undefined : `Enter 1 to ${formatExact(max)}.`}>
      {(control) => (
        <Input
          {...control}
          inputMode="numeric"
          autoComplete="off"
          value={typed}
          onChange={(event) => onType(event.target.value)}
        />
      )}
    </Field>
  );
}
