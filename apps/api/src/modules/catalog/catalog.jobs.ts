import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

const patient = { queue: 'money' as const, attempts: 12, backoff_seconds: 5, timeout_seconds: 60 };

/** Puts a plan's product and prices on the environment's Stripe account, if it has one. */
export const syncPlan = defineJob({
  name: 'catalog.sync_plan',
  payload: z.strictObject({ plan_id: z.string() }),
  ...patient,
});

/** Puts a meter on the environment's Stripe account, if it has one. */
export const syncMeter = defineJob({
  name: 'catalog.sync_meter',
  payload: z.strictObject({ meter_id: z.string() }),
  ...patient,
});
