import { z } from 'zod';
import { key, text, timestamp } from '../../platform/http/schemas.ts';

const type = z.enum(['boolean', 'metered', 'config']);

export const checkQuery = z.strictObject({
  customer: text.trim().min(1).max(255).describe('Your own id of the customer, or ours.'),
  feature: key.describe('Key of the feature.'),
  required: z.coerce.number().min(0).max(999_999_999_999_999).default(1).describe('How much is to be used.'),
});

export const checkAnswer = z
  .object({
    allowed: z.boolean(),
    reason: z
      .enum(['not_entitled', 'past_due', 'limit_reached', 'customer_not_found'])
      .nullable()
      .describe('Why not; null when allowed.'),
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

export const customerEntitlements = z
  .object({
    customer: z.string(),
    version: z.int(),
    features: z.array(
      z.object({
        feature: z.string(),
        name: z.string(),
        type,
        limit: z.number().nullable(),
        used: z.number(),
        remaining: z.number().nullable(),
        overage: z.enum(['block', 'allow']).nullable(),
        value: z.string().nullable(),
        suspended: z.boolean().describe('Withheld while payment is outstanding.'),
        resets_at: timestamp.nullable(),
      }),
    ),
  })
  .meta({ id: 'CustomerEntitlements' });
