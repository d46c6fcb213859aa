import type { BadgeTone } from '@billingos/ui/components/badge';
import type { Recovery } from '../../api/types.ts';

export type RecoveryState = Recovery['state'];

export const stateWords: Record<RecoveryState, { label: string; tone: BadgeTone }> = {
  recovering: { label: 'Recovering', tone: 'warning' },
  recovered: { label: 'Recovered', tone: 'success' },
  failed: { label: 'Lost', tone: 'danger' },
  stopped: { label: 'Stopped', tone: 'neutral' },
};

export const recoveryStates = [
  'recovering',
  'recovered',
  'failed',
  'stopped',
] as const satisfies readonly RecoveryState[];
