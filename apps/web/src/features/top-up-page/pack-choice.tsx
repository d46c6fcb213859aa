import { cn } from '@billingos/ui/cn';
import { formatMoney } from '../../formatting/money.ts';
import { formatExact } from '../../formatting/numbers.ts';
import type { TopUpPage } from '../customer-links/customer-api.ts';

export type Pack = TopUpPage['packs'][number];

type PackChoiceProps = { packs: readonly Pack[]; chosen: string; onChoose: (id: string) => void };

/** One pack out of those on sale. */
export function PackChoice({ packs, chosen, onChoose }: PackChoiceProps) {
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-2 text-sm font-medium">Choose a pack</legend>
      {packs.map((pack) => (
        <label
          key={pack.id}
          className={cn(
            'flex cursor-pointer items-center gap-3 rounded-lg border bg-surface px-4 py-3 text-sm shadow-sm hover:bg-subtle',
            pack.id === chosen && 'border-accent',
          )}
        >
          <input
            type="radio"
            name="pack"
            className="accent-accent"
            checked={pack.id === chosen}
            onChange={() => onChoose(pack.id)}
          />
          <span className="grid min-w-0 flex-1 gap-0.5">
            <span className="font-medium break-words">{pack.name}</span>
            <span className="text-xs text-muted">{termsOf(pack)}</span>
          </span>
          <span className="font-medium tabular-nums">{formatMoney(pack.price)}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** "500 credits, to be used within 90 days" */
function termsOf({ credits, expires_after_days: days }: Pack): string {
  const lifetime =
    days === null
      ? 'they never expire'
      : `to be used within ${days === 1 ? 'a day' : `${formatExact(days)} days`}`;
  return `${formatExact(credits)} ${credits === 1 ? 'credit' : 'credits'}, ${lifetime}`;
}
