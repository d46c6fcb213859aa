import type { cancellationReasons } from '../../stripe/stripe.subscriptions.ts';

/** How a subscription is to end, on Stripe or by hand. */
export interface CancelWish {
  when: 'now' | 'period_end';
  /** Of what is paid and unused when it ends now: none is given back, it becomes credit, or it goes back to the card. */
  refund: 'none' | 'credit' | 'refund';
  /**
   * When it ends now: whether what was used and is not billed yet is charged by a last invoice. Of a subscription that
   * BillingOS bills itself it always is.
   */
  charges_usage: boolean;
  reason?: (typeof cancellationReasons)[number] | undefined;
  comment?: string | undefined;
}
