import Stripe from 'stripe';
import type { Connection } from './connections.ts';
import { hasCode, StripeUnavailable, translateStripeError } from './stripe.errors.ts';

/**
 * Tells a Stripe meter a quantity, once per identifier (Stripe remembers it for at least 24 hours). An identifier it
 * knows already is success: an earlier attempt took effect and its answer was lost.
 */
export async function sendMeterEvent(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  event: {
    identifier: string;
    meter_key: string;
    stripe_customer_id: string;
    value: string;
    occurred_at: Date;
  },
): Promise<void> {
  try {
    await stripe.billing.meterEvents.create(
      {
        event_name: event.meter_key,
        identifier: event.identifier,
        payload: { stripe_customer_id: event.stripe_customer_id, value: event.value },
        timestamp: Math.floor(event.occurred_at.getTime() / 1_000),
      },
      { stripeAccount },
    );
  } catch (error) {
    if (hasCode(error, 'timestamp_in_future')) {
      // Our clock is ahead of Stripe's: it takes the event when its own has come there.
      throw new StripeUnavailable(error);
    }
    if (!isDuplicate(error)) {
      throw translateStripeError(error);
    }
  }
}

function isDuplicate(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeInvalidRequestError &&
    (error.code === 'duplicate_meter_event' || /identifier.*already|already.*identifier/i.test(error.message))
  );
}
