import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** Brings a purchase of credits to its end, should the process that began it have died, or nobody have been there. */
export const chargeTopUp = defineJob({
  name: 'top_ups.charge',
  queue: 'money',
  payload: z.strictObject({ top_up_id: z.string() }),
  attempts: 12,
  backoff_seconds: 30,
  timeout_seconds: 120,
});
