import { z } from 'zod';
import { key, text, timestamp } from '../../platform/http/schemas.ts';

const type = z.enum(['boolean', 'metered', 'config']);

const reason = z
  .enum(['not_entitled', 'past_due', 'limit_reached', 'customer_not_found'])
  .nullable()
  .describe('Why not; null when allowed.');

const customerReference = text.trim().min(1).max(255);
const streamCustomersMax = 100;

export const checkQuery = z.strictObject({
  customer: customerReference.describe('Your own id of the customer, or ours.'),
  feature: key.describe('Key of the feature.'),
  required: z.coerce.number().min(0).max(999_999_999_999_999).default(1).describe('How much is to be used.'),
});

export const checkAnswer = z
  .object({
    allowed: z.boolean(),
    reason,
    feature: z.string(),
    type,
    used: z.number().nullable().describe('Of a metered feature, in the current period.'),
    limit: z.number().nullable().describe('null is unlimited, or not metered.'),
    remaining: z.number().nullable(),
    overage: z.number().nullable().describe('Beyond the limit, where that is allowed.'),
    resets_at: timestamp.nullable(),
    value: z.string().nullable().describe('Of a config feature.'),
    version: z.int().describe('Grows with every change of what the customer may do.'),
    degraded: z.boolean().describe('The answer may be out of date: Stripe did not answer in time.'),
  })
  .meta({ id: 'Check' });

export const streamQuery = z.strictObject({
  customer: z
    .union([customerReference, z.array(customerReference).min(1).max(streamCustomersMax)])
    .transform((customers) => [customers].flat())
    .optional()
    .describe(
      'Whom to follow: your own id of a customer, or ours; given again for each of up to 100. Default: all of the environment.',
    ),
});

export const customerEntitlements = z
  .object({
    customer: z.string(),
    external_id: z.string().nullable().describe('Your own id of the customer.'),
    version: z.int().describe('Grows with every change of what the customer may do.'),
    pending: z
      .boolean()
      .describe('A payment is under way of which Stripe may know more: a check asks Stripe, this does not.'),
    features: z.array(
      z.object({
        feature: z.string(),
        name: z.string(),
        type,
        allowed: z.boolean().describe('Whether a check, of one unit if it is metered, says yes.'),
        reason,
        allowed_up_to: z
          .number()
          .nullable()
          .describe('As long as no more than this is used, a check says yes. Null: whatever is used.'),
        limit: z.number().nullable(),
        used: z.number(),
        remaining: z.number().nullable(),
        overage: z.enum(['block', 'allow']).nullable(),
        value: z.string().nullable(),
        suspended: z.boolean().describe('Withheld while payment is outstanding.'),
        meter: z.string().nullable().describe('Key of the meter that counts its use.'),
        period_start: timestamp.nullable(),
        resets_at: timestamp.nullable().describe('From then on the numbers are those of the past period.'),
        usage_version: z.number().describe('Of several answers for a period, the highest is the newest.'),
      }),
    ),
  })
  .meta({ id: 'CustomerEntitlements' });
