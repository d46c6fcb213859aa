import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** Posts a new alert to the environment's Slack channel, if it has one. */
export const postAlert = defineJob({
  name: 'alerts.post',
  queue: 'bulk',
  payload: z.strictObject({ alert_id: z.string() }),
  attempts: 8,
  backoff_seconds: 15,
  timeout_seconds: 30,
});
