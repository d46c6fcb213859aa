import { z } from 'zod';

/** A week: an invoice must not wait longer for its last events. */
const graceMinutesMax = 7 * 24 * 60;

export const usageSettings = z
  .object({
    grace_minutes: z
      .int()
      .describe('How long after its end a billing period still takes events of its time. Default: 60.'),
    creates_customers: z
      .boolean()
      .describe(
        'Whether a customer is created when use of one that was never seen is reported. Else it is refused with customer_id_unknown, and can be found among the rejected events. Default: true.',
      ),
  })
  .meta({ id: 'UsageSettings' });
export type UsageSettings = z.output<typeof usageSettings>;

export const updateUsageSettings = z.strictObject({
  grace_minutes: z.int().min(0).max(graceMinutesMax).optional(),
  creates_customers: z.boolean().optional(),
});
