import { Button } from '@billingos/ui/components/button';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { Plus, X } from 'lucide-react';
import { useId } from 'react';
import { capIntervals, type UsageCapDraft } from './usage-caps.ts';

type UsageCapFieldsProps = {
  /** Whose caps they are: names the fields of several features apart. */
  feature: string;
  caps: readonly UsageCapDraft[];
  onChange: (caps: UsageCapDraft[]) => void;
  error: string | undefined;
};

/** Caps of a feature's use within windows of time, one for each interval. */
export function UsageCapFields({ feature, caps, onChange, error }: UsageCapFieldsProps) {
  const error_id = useId();
  const free = capIntervals.filter((interval) => caps.every((cap) => cap.interval !== interval));
  const [next] = free;
  const change = (row: number, part: Partial<UsageCapDraft>) =>
    onChange(caps.map((cap, index) => (index === row ? { ...cap, ...part } : cap)));
  return (
    <div className="grid gap-2">
      {caps.map(({ interval, quantity }, row) => (
        <div key={interval} className="flex items-center gap-2">
          <span className="text-sm whitespace-nowrap text-muted">At most</span>
          <Input
            aria-label={`${feature} in each ${interval}`}
            className="w-20 sm:w-28"
            inputMode="decimal"
            placeholder="100"
            autoComplete="off"
            value={quantity}
            {...(error ? { 'aria-invalid': true as const, 'aria-describedby': error_id } : {})}
            onChange={(event) => change(row, { quantity: event.target.value })}
          />
          <Select
            aria-label={`Interval of cap ${row + 1} of ${feature}`}
            className="min-w-0 flex-1 sm:w-36 sm:flex-none"
            value={interval}
            options={capIntervals
              .filter((one) => one === interval || free.includes(one))
              .map((one) => ({ value: one, label: `each ${one}` }))}
            onValueChange={(value) =>
              change(row, { interval: capIntervals.find((one) => one === value) ?? interval })
            }
          />
          <Button
            variant="ghost"
            size="icon"
            aria-label={`Remove the cap of each ${interval} of ${feature}`}
            onClick={() => onChange(caps.filter((_, index) => index !== row))}
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
      {next ? (
        <Button
          size="sm"
          variant="ghost"
          className="-ml-2 justify-self-start"
          onClick={() => onChange([...caps, { interval: next, quantity: '' }])}
        >
          <Plus aria-hidden />
          <span>
            Add a cap<span className="sr-only"> of {feature}</span>
          </span>
        </Button>
      ) : null}
    </div>
  );
}
