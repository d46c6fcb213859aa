import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** Finds out on Stripe what became of a payment of which nobody knows, and gives the right to pay back. */
export const resolvePayment = defineJob({
  name: 'invoices.resolve_payment',
  queue: 'money',
  payload: z.strictObject({ invoice_id: z.string() }),
  // From a minute to an hour apart, for about a day and a half.
  attempts: 40,
  backoff_seconds: 60,
  timeout_seconds: 120,
});

/** Tells Stripe not to go on with a draft that is held back or waits for its use. Stripe waits an hour. */
export const holdInvoice = defineJob({
  name: 'invoices.hold',
  queue: 'money',
  payload: z.strictObject({ stripe_invoice_id: z.string() }),
  attempts: 12,
  backoff_seconds: 5,
  timeout_seconds: 60,
});

/** Takes over an invoice that we changed on Stripe, should the process that changed it have died. */
export const takeOverInvoice = defineJob({
  name: 'invoices.take_over',
  queue: 'money',
  payload: z.strictObject({ stripe_invoice_id: z.string() }),
  attempts: 12,
  backoff_seconds: 5,
  timeout_seconds: 60,
});
