import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** Processes a stored Stripe event. `app.receive_stripe_event` writes it with the event. */
export const processEvent = defineJob({
  name: 'webhooks.process_event',
  queue: 'webhooks',
  payload: z.strictObject({ webhook_event_id: z.string() }),
  attempts: 12,
  backoff_seconds: 2,
  timeout_seconds: 60,
});
