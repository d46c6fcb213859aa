import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** Goes on with a run from where it is. Writes itself anew when its time is up. */
export const reconcile = defineJob({
  name: 'reconciliation.go_on',
  queue: 'bulk',
  payload: z.strictObject({ run_id: z.string() }),
  attempts: 10,
  backoff_seconds: 15,
  timeout_seconds: 300,
});
