import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** The environment's Stripe account can charge now: the catalog goes there. */
export const accountConnected = defineJob({
  name: 'stripe_account.connected',
  queue: 'money',
  payload: z.strictObject({}),
  attempts: 12,
  backoff_seconds: 5,
  timeout_seconds: 300,
});
