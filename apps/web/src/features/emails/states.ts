import type { BadgeTone } from '@billingos/ui/components/badge';
import type { Email } from '../../api/types.ts';

export const emailStates = ['pending', 'sent', 'failed'] as const satisfies readonly Email['state'][];

export const stateWords: Record<Email['state'], { label: string; tone: BadgeTone }> = {
  pending: { label: 'On its way', tone: 'warning' },
  sent: { label: 'Sent', tone: 'success' },
  failed: { label: 'Failed', tone: 'danger' },
};
