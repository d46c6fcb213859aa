import { Button } from '@billingos/ui/components/button';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { Plus, X } from 'lucide-react';
import { useId } from 'react';
import { emptyFilter, filterTests, type MeterFilterDraft, takesValue } from './meter-filters.ts';

const filtersMax = 10;

type MeterFilterFieldsProps = {
  filters: readonly MeterFilterDraft[];
  onChange: (filters: MeterFilterDraft[]) => void;
  error: string | undefined;
};

/** Which events count: all conditions must hold. */
export function MeterFilterFields({ filters, onChange, error }: MeterFilterFieldsProps) {
  const label_id = useId();
  const hint_id = useId();
  const error_id = useId();
  const change = (row: number, part: Partial<MeterFilterDraft>) =>
    onChange(filters.map((filter, index) => (index === row ? { ...filter, ...part } : filter)));
  const wrong = error ? { 'aria-invalid': true as const, 'aria-describedby': error_id } : {};
  return (
    <div role="group" aria-labelledby={label_id} aria-describedby={hint_id} className="grid gap-2">
      <span id={label_id} className="text-sm font-medium text-ink">
        Only events whose<span className="font-normal text-muted"> (optional)</span>
      </span>
      {filters.map(({ property, test, value }, row) => (
        <div key={row} className="grid grid-cols-[1fr_1fr_2.25rem] gap-2 sm:grid-cols-[1fr_8rem_1fr_2.25rem]">
          <Input
            aria-label={`Property of condition ${row + 1}`}
            className="font-mono"
            placeholder="region"
            autoComplete="off"
            value={property}
            {...wrong}
            onChange={(event) => change(row, { property: event.target.value })}
          />
          <Select
            aria-label={`Comparison of condition ${row + 1}`}
            value={test}
            options={filterTests}
            onValueChange={(chosen) =>
              change(row, { test: filterTests.find((one) => one.value === chosen)?.value ?? test })
            }
          />
          {takesValue(test) ? (
            <Input
              aria-label={`Value of condition ${row + 1}`}
              className="order-last col-span-2 sm:order-none sm:col-span-1"
              placeholder={test === 'eq' ? 'eu' : 'eu, us'}
              autoComplete="off"
              value={value}
              {...wrong}
              onChange={(event) => change(row, { value: event.target.value })}
            />
          ) : (
            <span className="hidden sm:block" />
          )}
          <Button
            variant="ghost"
            size="icon"
            aria-label={`Remove condition ${row + 1}`}
            onClick={() => onChange(filters.filter((_, index) => index !== row))}
          >
            <X aria-hidden />
          </Button>
        </div>
      ))}
      {error ? (
        <p id={error_id} role="alert" className="text-xs text-danger-ink">
          {error}
        </p>
      ) : null}
      {filters.length < filtersMax ? (
        <Button
          size="sm"
          variant="ghost"
          className="-ml-2 justify-self-start"
          onClick={() => onChange([...filters, emptyFilter])}
        >
          <Plus aria-hidden />
          Add a condition
        </Button>
      ) : null}
      <p id={hint_id} className="text-xs text-muted">
        {filters.length === 0
          ? 'Without a condition every event counts.'
          : 'All must hold. 5 is a number, true is yes, "5" is text; commas part several values.'}
      </p>
    </div>
  );
}
