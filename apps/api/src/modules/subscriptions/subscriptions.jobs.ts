import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** Moves the next few subscribers of a plan migration, and asks for itself again while some are left. */
export const runMigration = defineJob({
  name: 'subscriptions.run_migration',
  queue: 'bulk',
  payload: z.strictObject({ plan_migration_id: z.string() }),
  attempts: 12,
  backoff_seconds: 5,
  timeout_seconds: 300,
});

/** Sets back what was used before a change, should the process that made the change have died. */
export const setBackUsage = defineJob({
  name: 'subscriptions.set_back_usage',
  queue: 'money',
  payload: z.strictObject({ customer_id: z.string(), at: z.iso.datetime() }),
  attempts: 12,
  backoff_seconds: 5,
  timeout_seconds: 60,
});

/** Looks what is to be invoiced of a subscription that BillingOS invoices itself. Handled by the invoices. */
export const billSubscription = defineJob({
  name: 'subscriptions.bill',
  queue: 'money',
  payload: z.strictObject({ subscription_id: z.string() }),
  attempts: 12,
  backoff_seconds: 5,
  timeout_seconds: 60,
});
