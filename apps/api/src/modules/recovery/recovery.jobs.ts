import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** Does whatever is due about an invoice whose payment failed. */
export const reviewRecovery = defineJob({
  name: 'recovery.review',
  queue: 'money',
  payload: z.strictObject({ invoice_id: z.string() }),
  attempts: 8,
  backoff_seconds: 30,
  timeout_seconds: 120,
});

/** Looks whether a customer can be charged otherwise now, and tries it at once. */
export const tryNewPaymentMethod = defineJob({
  name: 'recovery.try_new_payment_method',
  queue: 'money',
  payload: z.strictObject({ customer_id: z.string() }),
  attempts: 8,
  backoff_seconds: 30,
  timeout_seconds: 120,
});
