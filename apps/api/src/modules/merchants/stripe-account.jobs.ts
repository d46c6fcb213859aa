import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

/** The environment's Stripe account can charge now: the catalog goes there. */
export const accountConnected = defineJob({
  name: 'stripe_account.connected',
  queue: 'money',
  payload: z.strictObject({}),
  attempts: 12,
  backoff_seconds: 5,
  timeout_seconds: 300,
});

/** A former account can charge again: what happened there meanwhile is to be taken over. */
export const accountReconnected = defineJob({
  name: 'stripe_account.reconnected',
  queue: 'bulk',
  payload: z.strictObject({}),
  attempts: 12,
  backoff_seconds: 10,
  timeout_seconds: 60,
});

/** Another account came in the place of one: what was linked with that one is to be forgotten before anything is sold. */
export const accountReplaced = defineJob({
  name: 'stripe_account.replaced',
  queue: 'money',
  payload: z.strictObject({}),
  attempts: 20,
  backoff_seconds: 5,
  timeout_seconds: 300,
});

/** Stripe began to refuse that we act for the account, or answers again: somebody should know. */
export const accountAnswered = defineJob({
  name: 'stripe_account.answered',
  queue: 'bulk',
  payload: z.strictObject({}),
  attempts: 12,
  backoff_seconds: 10,
  timeout_seconds: 30,
});
