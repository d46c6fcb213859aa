import type { cancellationReasons } from '../../stripe/stripe.subscriptions.ts';

/** How a subscription is to end, on Stripe or by hand. */
export interface CancelWish {
  when: 'now' | 'period_end';
  /** Of what is paid and unused when it ends now: none is given back, it becomes credit, or it goes back to the card. */
  refund: 'none' | 'credit' | 'refund';
  reason?: (typeof cancellationReasons)[number] | undefined;
  comment?: string | undefined;
}
