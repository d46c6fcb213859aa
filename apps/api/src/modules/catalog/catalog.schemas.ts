import { z } from 'zod';
import { key, money, name, pageOf, text, timestamp } from '../../platform/http/schemas.ts';

export const aggregations = ['count', 'sum'] as const;
export const featureTypes = ['boolean', 'metered', 'config'] as const;
export const intervals = ['day', 'week', 'month', 'year'] as const;
export const overages = ['block', 'allow'] as const;

export const meter = z
  .object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    aggregation: z.enum(aggregations).describe('count: each event is one. sum: their values are added.'),
    stripe_meter_id: z.string().nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'Meter' });
export const meterPage = pageOf(meter).meta({ id: 'MeterList' });
export const createMeter = z.strictObject({ key, name, aggregation: z.enum(aggregations).default('sum') });

export const feature = z
  .object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    type: z.enum(featureTypes),
    meter: z.string().nullable().describe('Key of the meter that counts its use.'),
    created_at: timestamp,
  })
  .meta({ id: 'Feature' });
export const featurePage = pageOf(feature).meta({ id: 'FeatureList' });
export const createFeature = z.strictObject({
  key,
  name,
  type: z.enum(featureTypes),
  meter: key
    .optional()
    .describe('Key of an existing meter. Left out, a metered feature gets a meter under its own key.'),
  aggregation: z
    .enum(aggregations)
    .optional()
    .describe('Of the meter that is made with the feature. Default: sum.'),
});

const limit = z
  .number()
  .min(0)
  .max(999_999_999_999_999)
  .nullable()
  .describe('Of a metered feature, per billing period. null is unlimited, 0 is none.');

export const planPrice = z
  .object({
    id: z.string(),
    type: z.enum(['flat']),
    amount: money,
    interval: z.enum(intervals),
    interval_count: z.int(),
    stripe_price_id: z.string().nullable(),
  })
  .meta({ id: 'Price' });

export const planFeature = z
  .object({
    feature: z.string().describe('Key of the feature.'),
    name: z.string(),
    type: z.enum(featureTypes),
    limit,
    overage: z.enum(overages).nullable(),
    value: z.string().nullable(),
  })
  .meta({ id: 'PlanFeature' });

export const plan = z
  .object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    group: z.string().describe('A customer has at most one running subscription in a group.'),
    rank: z.int().describe('Order within the group; a higher one is an upgrade.'),
    version: z.object({ id: z.string(), number: z.int(), published_at: timestamp }),
    prices: z.array(planPrice),
    features: z.array(planFeature),
    created_at: timestamp,
  })
  .meta({ id: 'Plan' });
export const planPage = pageOf(plan).meta({ id: 'PlanList' });

const currency = z
  .string()
  .toLowerCase()
  .regex(/^[a-z]{3}$/, 'use a three-letter ISO 4217 code such as usd')
  .refine(isCurrency, 'is not a currency in use');

export const createPlan = z.strictObject({
  key,
  name,
  description: text.trim().min(1).max(500).nullable().default(null),
  group: key.default('default'),
  rank: z.int().min(0).max(1_000_000).default(0),
  prices: z
    .array(
      z.strictObject({
        amount: z.int().min(0).max(99_999_999).describe('Integer minor units of the currency.'),
        currency,
        interval: z.enum(intervals),
        interval_count: z.int().min(1).max(36).default(1),
      }),
    )
    .max(20)
    .default([]),
  features: z
    .array(
      z.strictObject({
        feature: key.describe('Key of an existing feature.'),
        limit: limit.optional(),
        overage: z.enum(overages).optional().describe('What happens at the limit. Default: block.'),
        value: text.min(1).max(500).optional().describe('Of a config feature.'),
      }),
    )
    .max(100)
    .default([]),
});

export const defaultPlan = z
  .object({ plan: plan.nullable().describe('What customers without a subscription have.') })
  .meta({ id: 'DefaultPlan' });
export const setDefaultPlan = z.strictObject({ plan: text.min(1).max(255).nullable() });

function isCurrency(code: string): boolean {
  return Intl.supportedValuesOf('currency').includes(code.toUpperCase());
}
