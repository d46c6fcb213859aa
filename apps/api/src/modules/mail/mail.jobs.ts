import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** Hands a mail to the mail server. About two hours of attempts, then it waits in the list of failed jobs. */
export const sendEmail = defineJob({
  name: 'mail.send',
  queue: 'bulk',
  payload: z.strictObject({ email_id: z.string() }),
  attempts: 8,
  backoff_seconds: 60,
  timeout_seconds: 60,
});
