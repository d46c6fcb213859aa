import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** Makes sure that no cache keeps an older answer, should the process that made the change die before it told them. */
export const entitlementsChanged = defineJob({
  name: 'entitlements.changed',
  queue: 'money',
  payload: z.strictObject({ customer_id: z.string() }),
  attempts: 20,
  backoff_seconds: 1,
  timeout_seconds: 10,
});

/** Asks Stripe about a customer of whom it may know more than we do. */
export const refreshCustomer = defineJob({
  name: 'entitlements.refresh_customer',
  queue: 'money',
  payload: z.strictObject({ customer_id: z.string() }),
  attempts: 8,
  backoff_seconds: 2,
  timeout_seconds: 30,
});
