import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** Takes over the refunds and disputes of an invoice that we changed on Stripe. */
export const takeOverPayments = defineJob({
  name: 'payments.take_over',
  queue: 'money',
  payload: z.strictObject({ invoice_id: z.string() }),
  attempts: 12,
  backoff_seconds: 5,
  timeout_seconds: 60,
});

/** Ends a subscription whose money went back: refunded with the wish to end it, or lost in a dispute. */
export const endRefundedSubscription = defineJob({
  name: 'payments.end_subscription',
  queue: 'money',
  payload: z.strictObject({ subscription_id: z.string() }),
  attempts: 12,
  backoff_seconds: 5,
  timeout_seconds: 60,
});
