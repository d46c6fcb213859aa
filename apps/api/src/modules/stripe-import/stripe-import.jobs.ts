import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** Goes on with an import from where it is. Writes itself anew when its time is up. */
export const importStripe = defineJob({
  name: 'stripe_import.go_on',
  queue: 'bulk',
  payload: z.strictObject({ import_id: z.string() }),
  attempts: 10,
  backoff_seconds: 15,
  timeout_seconds: 300,
});
