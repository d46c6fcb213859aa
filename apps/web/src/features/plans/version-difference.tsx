import { Minus, Plus } from 'lucide-react';
import type { PlanVersion } from '../../api/types.ts';
import { differenceOf, grantLines, offersOf, offerWords } from './plan-terms.ts';

type Terms = Pick<PlanVersion, 'prices' | 'features' | 'credits' | 'spend_cap'>;

/** What somebody gets, and what they lose, who goes from one version to another. */
export function VersionDifference({ before, after }: { before: Terms; after: Terms }) {
  const { gone, added } = differenceOf(linesOf(before), linesOf(after));
  if (gone.length + added.length === 0) {
    return <p className="text-sm text-muted">Nothing that a subscriber would notice.</p>;
  }
  return (
    <ul className="grid gap-1 text-sm">
      {gone.map((line) => (
        <li key={line} className="flex gap-2 text-muted">
          <Minus aria-hidden className="mt-1 size-3 shrink-0 text-danger-ink" />
          <span className="min-w-0 break-words">
            <span className="sr-only">No longer: </span>
            {line}
          </span>
        </li>
      ))}
      {added.map((line) => (
        <li key={line} className="flex gap-2">
          <Plus aria-hidden className="mt-1 size-3 shrink-0 text-success-ink" />
          <span className="min-w-0 break-words">
            <span className="sr-only">New: </span>
            {line}
          </span>
        </li>
      ))}
    </ul>
  );
}

function linesOf(version: Terms): string[] {
  const offers = offersOf(version.prices).map((offer) => offerWords(offer, version.features));
  return [...(offers.length === 0 ? ['Free'] : offers), ...grantLines(version)];
}
