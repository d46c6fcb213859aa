import type { BadgeTone } from '@billingos/ui/components/badge';
import type { StripeImport, StripeImportItem } from '../../api/types.ts';

export const importStates: Record<StripeImport['state'], { label: string; tone: BadgeTone }> = {
  running: { label: 'Running', tone: 'accent' },
  done: { label: 'Done', tone: 'success' },
  failed: { label: 'Failed', tone: 'danger' },
};

export const groupWords: Record<StripeImport['groups'], string> = {
  shared: 'All plans in one group',
  per_plan: 'Each plan in its own group',
};

export const kindWords: Record<StripeImportItem['kind'], string> = {
  product: 'Products',
  price: 'Prices',
  customer: 'Customers',
  subscription: 'Subscriptions',
};

/** What became of an object; of a rehearsal, what would become of it. */
export function outcomeWords(isRehearsal: boolean): Record<StripeImportItem['outcome'], string> {
  return isRehearsal
    ? { create: 'Would be made', link: 'Would be linked', exists: 'There already', skip: 'Left out' }
    : { create: 'Made', link: 'Linked', exists: 'There already', skip: 'Left out' };
}

export const outcomeTones: Record<StripeImportItem['outcome'], BadgeTone> = {
  create: 'success',
  link: 'accent',
  exists: 'neutral',
  skip: 'warning',
};

/** How many objects of Stripe were looked at so far. */
export function notedBy({ counts }: StripeImport): number {
  return Object.values(counts)
    .flatMap((of) => Object.values(of))
    .reduce((sum, count) => sum + count, 0);
}
