import { sum } from '@billingos/pricing/money';
import type { DisputeStatus } from '../../stripe/stripe.disputes.ts';
import type { RefundState } from '../../stripe/stripe.refunds.ts';
import { isOpenDispute } from './dispute.ts';

/**
 * What of an invoice's money the customer has again, or a bank holds for them: refunds that did not fail, and disputes that
 * are open or lost. A dispute that is won gives it back to the merchant.
 */
export function amountBack(
  refunds: readonly Pick<RefundState, 'status' | 'amount'>[],
  disputes: readonly { status: DisputeStatus; amount: number }[],
): number {
  return sum([
    ...refunds
      .filter(({ status }) => status !== 'failed' && status !== 'canceled')
      .map(({ amount }) => amount),
    ...disputes
      .filter(({ status }) => isOpenDispute(status) || status === 'lost')
      .map(({ amount }) => amount),
  ]);
}
