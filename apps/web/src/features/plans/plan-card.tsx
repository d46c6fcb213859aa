import { CopyableCode } from '@billingos/ui/components/copy-button';
import { Check } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { Plan } from '../../api/types.ts';
import { grantLines, offersOf, offerTag, offerWords, type PriceTerms } from './plan-terms.ts';

type PlanCardProps = {
  plan: Pick<Plan, 'key' | 'name' | 'description' | 'credits'> & {
    version: Pick<Plan['version'], 'spend_cap'>;
    prices: readonly PriceTerms[];
    features: readonly Plan['features'][number][];
  };
  /** What stands for the price while there is none. */
  unpriced?: string;
  footer?: ReactNode;
  /** Where the plan has a page of its own. */
  href?: string;
};

/** A plan as its buyer would read it. */
export function PlanCard({ plan, unpriced, footer, href }: PlanCardProps) {
  const [first, ...others] = offersOf(plan.prices);
  const tag = offerTag(first ?? [], plan.features);
  const lines = grantLines({ ...plan, spend_cap: plan.version.spend_cap });
  const name = plan.name || 'Name of the plan';
  return (
    <article className="flex min-w-0 flex-col gap-4 rounded-lg border bg-surface p-5 shadow-sm">
      <div className="grid gap-1">
        <h2 className="truncate text-lg font-semibold">
          {href ? (
            <Link href={href} className="rounded-sm hover:underline">
              {name}
            </Link>
          ) : (
            name
          )}
        </h2>
        {plan.description ? <p className="text-sm text-muted">{plan.description}</p> : null}
      </div>
      <div>
        <p className="flex items-baseline gap-1.5">
          <span className="text-2xl font-semibold tracking-tight tabular-nums">
            {first ? tag.amount : (unpriced ?? tag.amount)}
          </span>
          <span className="text-sm text-muted">{tag.period}</span>
        </p>
        {tag.more.map((words) => (
          <p key={words} className="text-sm text-muted">
            + {words}
          </p>
        ))}
        {others.map((offer, index) => (
          <p key={index} className="text-sm text-muted">
            or {offerWords(offer, plan.features)}
          </p>
        ))}
      </div>
      <ul className="grid flex-1 content-start gap-1.5 text-sm">
        {lines.map((line) => (
          <li key={line} className="flex gap-2">
            <Check aria-hidden className="mt-0.5 size-4 shrink-0 text-accent-ink" />
            <span className="min-w-0 break-words">{line}</span>
          </li>
        ))}
        {lines.length === 0 ? <li className="text-muted">No features yet</li> : null}
      </ul>
      <div className="flex items-center justify-between gap-3 border-t pt-3 text-sm text-muted">
        {plan.key ? <CopyableCode value={plan.key} label={`Copy key of ${plan.name}`} /> : <span>–</span>}
        {footer}
      </div>
    </article>
  );
}
