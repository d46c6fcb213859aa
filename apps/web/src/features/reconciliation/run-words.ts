import type { BadgeTone } from '@billingos/ui/components/badge';
import type { ReconciliationRun } from '../../api/types.ts';

export const runStates: Record<ReconciliationRun['state'], { label: string; tone: BadgeTone }> = {
  running: { label: 'Running', tone: 'accent' },
  done: { label: 'Done', tone: 'success' },
  failed: { label: 'Failed', tone: 'danger' },
};

export const runTriggers: Record<ReconciliationRun['trigger'], string> = {
  schedule: 'Every hour',
  manual: 'By hand',
  connected: 'Stripe was connected',
};

/** How many objects were compared, of all kinds together. */
export function comparedBy({ checked }: ReconciliationRun): number {
  return Object.values(checked).reduce((sum, count) => sum + count, 0);
}
