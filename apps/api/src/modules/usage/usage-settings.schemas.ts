import { z } from 'zod';

/** A week: an invoice must not wait longer for its last events. */
const graceMinutesMax = 7 * 24 * 60;

export const usageSettings = z
  .object({
    grace_minutes: z
      .int()
      .describe('How long after its end a billing period still takes events of its time. Default: 60.'),
  })
  .meta({ id: 'UsageSettings' });
export type UsageSettings = z.output<typeof usageSettings>;

export const updateUsageSettings = z.strictObject({
  grace_minutes: z.int().min(0).max(graceMinutesMax),
});
