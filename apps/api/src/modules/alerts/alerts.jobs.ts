import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** Where a new alert is told beside the dashboard. Each is a job of its own, so that one that fails delays no other. */
export const channels = ['slack', 'email', 'webhook'] as const;
export type Channel = (typeof channels)[number];

/** Tells a new alert on one of the channels that the environment has set. */
export const postAlert = defineJob({
  name: 'alerts.post',
  queue: 'bulk',
  payload: z.strictObject({ alert_id: z.string(), channel: z.enum(channels).default('slack') }),
  attempts: 8,
  backoff_seconds: 15,
  timeout_seconds: 30,
});
