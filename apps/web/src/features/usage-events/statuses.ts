import type { BadgeTone } from '@billingos/ui/components/badge';
import type { UsageEvent } from '../../api/types.ts';

export const eventStatuses = [
  'accepted',
  'late',
  'corrected',
  'uncounted',
  'rejected',
] as const satisfies readonly UsageEvent['status'][];

export const statusWords: Record<UsageEvent['status'], { label: string; tone: BadgeTone }> = {
  accepted: { label: 'Counted', tone: 'success' },
  late: { label: 'Counted late', tone: 'warning' },
  corrected: { label: 'Correction', tone: 'accent' },
  uncounted: { label: 'Not counted', tone: 'neutral' },
  rejected: { label: 'Rejected', tone: 'danger' },
};
