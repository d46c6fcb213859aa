import { z } from 'zod';
import { denialReasons } from './check.ts';
import { overages } from '../catalog/catalog.schemas.ts';
import { capIntervals } from '../catalog/plan.ts';
import { key, timestamp } from '../../platform/http/schemas.ts';
import { customerReference } from '../customers/customers.schemas.ts';

const type = z.enum(['boolean', 'metered', 'config']);

const whyNot =
  'Why not; null when allowed. Of several the first of this order. customer_not_found: neither the customer nor a default plan exists. not_entitled: nothing grants it, or an override denies it. subscription_paused and past_due: granted, but withheld. spend_cap: it would cost more in the billing period than the plan or the customer may spend. usage_cap: the cap of a minute, hour, day, week or month; resets_at is its end. limit_reached: less than required remains of a hard limit.';

export const reason = z.enum(denialReasons).nullable().describe(whyNot);

const streamCustomersMax = 100;

export const checkQuery = z.strictObject({
  customer: customerReference,
  feature: key.describe('Key of the feature.'),
  required: z
    // Nothing at all would be taken for 0, and be allowed when nothing is left.
    .preprocess(
      (said) => (typeof said === 'string' && said.trim() === '' ? NaN : said),
      z.coerce.number().min(0).max(999_999_999_999_999),
    )
    .default(1)
    .describe('How much is to be used.'),
});

export const checkAnswer = z
  .object({
    allowed: z.boolean(),
    reason: z
      .enum([...denialReasons, 'outage'])
      .nullable()
      .describe(
        `${whyNot} outage, allowed or not: nothing could be looked up and nothing is known of the customer, so the feature’s on_outage decided.`,
      ),
    feature: z.string(),
    type,
    used: z
      .number()
      .nullable()
      .describe('Of a metered feature, in the current period; in the first paid one with the trial.'),
    limit: z.number().nullable().describe('null is unlimited, or not metered.'),
    remaining: z
      .number()
      .nullable()
      .describe(
        'Units that can still be used: what is left of the limit, and then what the credits pay for.',
      ),
    overage: z.number().nullable().describe('Beyond limit and credits, where that is allowed.'),
    resets_at: timestamp
      .nullable()
      .describe('When use counts anew: the end of the billing period, or of the cap that denies.'),
    value: z.string().nullable().describe('Of a config feature.'),
    credits: z
      .object({
        balance: z.number().describe('What the customer has, for all features together.'),
        cost: z.number().describe('What one unit beyond the limit costs.'),
      })
      .nullable()
      .describe('Of a feature that credits pay for.'),
    version: z
      .int()
      .describe('Grows with every change of what the customer may do. 0 when nothing is known of them.'),
    degraded: z
      .boolean()
      .describe(
        'The answer may be out of date, or is the feature’s policy: Stripe did not answer in time, or nothing could be looked up.',
      ),
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

const source = z.object({
  type: z
    .enum(['plan', 'add_on', 'default_plan', 'override'])
    .describe(
      'default_plan: what customers without a subscription have. override: decided for this customer.',
    ),
  plan: z.string().nullable().describe('Key of the plan or add-on.'),
  subscription: z.string().nullable(),
  override: z.string().nullable().describe('Id of the override.'),
  mode: z.enum(['replace', 'add']).nullable().describe('Of an override.'),
  granted: z.boolean().describe('false: an override denies it.'),
  quantity: z.int().describe('Of an add-on: how often it was bought. Its limit is for each.'),
  limit: z.number().nullable(),
  overage: z.enum(overages).nullable(),
  value: z.string().nullable(),
  expires_at: timestamp.nullable(),
});

export const customerEntitlements = z
  .object({
    customer: z.string(),
    external_id: z.string().nullable().describe('Your own id of the customer.'),
    version: z.int().describe('Grows with every change of what the customer may do.'),
    pending: z
      .boolean()
      .describe('A payment is under way of which Stripe may know more: a check asks Stripe, this does not.'),
    valid_until: timestamp
      .nullable()
      .describe('When the first period ends, or an override: it must be read again then.'),
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
        used: z.number().describe('In the current period; in the first paid one with the trial.'),
        carried: z
          .number()
          .describe(
            'What of it was used in the trial, and is not charged. The totals of a stream are without it.',
          ),
        remaining: z.number().nullable(),
        overage: z.enum(['block', 'allow']).nullable(),
        value: z.string().nullable(),
        suspended: z.boolean().describe('Withheld: the subscription is paused, or payment is outstanding.'),
        meter: z.string().nullable().describe('Key of the meter that counts its use.'),
        period_start: timestamp.nullable(),
        resets_at: timestamp.nullable().describe('From then on the numbers are those of the past period.'),
        usage_version: z.number().describe('Of several answers for a period, the highest is the newest.'),
        caps: z
          .array(
            z.object({
              interval: z.enum(capIntervals),
              quantity: z.number(),
              used: z.number().describe('Within the window that is open.'),
              resets_at: timestamp,
            }),
          )
          .describe('Of a metered feature: at most so much within each window, whatever the limit says.'),
        sources: z
          .array(source)
          .optional()
          .describe(
            'Where it comes from. Grants add up, unless an override replaces or denies them. Not in the events of a stream.',
          ),
      }),
    ),
  })
  .meta({ id: 'CustomerEntitlements' });
