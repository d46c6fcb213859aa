import type { DisputeStatus } from '../../stripe/stripe.disputes.ts';

const open: ReadonlySet<DisputeStatus> = new Set([
  'needs_response',
  'under_review',
  'appeal_needs_response',
  'appeal_under_review',
]);

/** Whether a dispute holds the money back. An inquiry (`warning_…`) is a question only. */
export function isOpenDispute(status: DisputeStatus): boolean {
  return open.has(status);
}

/** Whether nothing about a dispute can change any more. */
export function isClosedDispute(status: DisputeStatus): boolean {
  return ['won', 'lost', 'warning_closed', 'prevented'].includes(status);
}
