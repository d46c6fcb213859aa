import { z } from 'zod';
import { key, money, name, pageOf, pageQuery, text, timestamp } from '../../platform/http/schemas.ts';
import { featureMeter, fittingProperty, hasFittingProperty } from './meter.schemas.ts';
import { capIntervals } from './plan.ts';
import { archived, currency, planPrice, priceInput } from './price.schemas.ts';

const featureTypes = ['boolean', 'metered', 'config'] as const;
export const overages = ['block', 'allow'] as const;
const outagePolicies = ['allow', 'deny'] as const;
export type OutagePolicy = (typeof outagePolicies)[number];

const onOutage = z
  .enum(outagePolicies)
  .describe(
    'What a check answers while it cannot be looked up, and nothing is known of the customer from before.',
  );

export const feature = z
  .object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    type: z.enum(featureTypes),
    meter: z.string().nullable().describe('Key of the meter that counts its use.'),
    credit_cost: z
      .number()
      .nullable()
      .describe(
        'What one unit beyond the direct limit costs of a customer’s credits. Null: they do not pay for it.',
      ),
    on_outage: onOutage,
    created_at: timestamp,
  })
  .meta({ id: 'Feature' });
export const featurePage = pageOf(feature).meta({ id: 'FeatureList' });
const creditCost = z
  .number()
  .gt(0)
  .max(999_999_999_999)
  .refine((value) => Number(value.toFixed(12)) === value, 'has at most 12 decimals');

export const createFeature = z
  .strictObject({
    key,
    name,
    type: z.enum(featureTypes),
    meter: key
      .optional()
      .describe('Key of an existing meter. Left out, a metered feature gets a meter under its own key.'),
    ...featureMeter,
    credit_cost: creditCost
      .optional()
      .describe(
        'What one unit beyond the direct limit costs of a customer’s credits. Left out: they do not pay for it.',
      ),
    on_outage: onOutage.default('deny'),
  })
  .refine(hasFittingProperty, fittingProperty);

export const updateFeature = z
  .strictObject({
    credit_cost: creditCost.nullable().optional().describe('Null: credits do not pay for it any more.'),
    on_outage: onOutage.optional(),
  })
  .describe('What is left out stays as it is.');

export const limit = z
  .number()
  .min(0)
  .max(999_999_999_999_999)
  .nullable()
  .describe('Of a metered feature, per billing period. null is unlimited, 0 is none.');

const trialTerms = {
  days: z.int().min(1).max(730),
  requires_card: z.boolean(),
  end: z.enum(['cancel', 'pause']).describe('What happens at its end without a payment method.'),
};

export const caps = z
  .array(
    z.strictObject({
      interval: z.enum(capIntervals),
      quantity: z.number().positive().max(999_999_999_999_999),
    }),
  )
  .max(capIntervals.length)
  .refine((all) => new Set(all.map(({ interval }) => interval)).size === all.length, 'cap each interval once')
  .describe(
    'Of a metered feature: at most so much within each minute, hour, day, week (from Monday) or month in UTC, also where overage is allowed.',
  );

const planFeature = z
  .object({
    feature: z.string().describe('Key of the feature.'),
    name: z.string(),
    type: z.enum(featureTypes),
    limit,
    overage: z.enum(overages).nullable(),
    value: z.string().nullable(),
    caps: caps.nullable(),
  })
  .meta({ id: 'PlanFeature' });

const creditTerms = {
  quantity: z.number().gt(0).max(999_999_999_999_999).describe('How many credits each interval.'),
  interval: z.enum(['day', 'week', 'month', 'year']),
  interval_count: z.int().min(1).max(36),
};
const rollover = z.strictObject({
  max: z
    .number()
    .gt(0)
    .max(999_999_999_999_999)
    .describe('How much of what was carried over a customer may have at once.'),
  periods: z.int().min(1).max(36).describe('For how many intervals what was carried over can be used.'),
});

const planCredits = z
  .object({ ...creditTerms, rollover: rollover.nullable().describe('Null: nothing is carried over.') })
  .meta({ id: 'PlanCredits' });

/** The most that metered use may cost in a billing period. */
export const spendCap = z.strictObject({
  amount: z.int().min(0).max(99_999_999_999).describe('Integer minor units of the currency.'),
  currency,
});
const shownSpendCap = money
  .nullable()
  .describe(
    'The most that metered use of a subscription may cost in a billing period; a customer may have another. Also where overage is allowed.',
  );

export const plan = z
  .object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    type: z
      .enum(['base', 'add_on'])
      .describe('base: what a customer is on. add_on: sold on top of a base plan.'),
    group: z.string().describe('A customer has at most one running subscription in a group.'),
    rank: z.int().describe('Order within the group; a higher one is an upgrade.'),
    archived_at: timestamp.nullable().describe('Not sold any more since then.'),
    version: z.object({
      id: z.string(),
      number: z.int(),
      published_at: timestamp,
      trial: z.object(trialTerms).nullable(),
      spend_cap: shownSpendCap,
    }),
    prices: z.array(planPrice),
    features: z.array(planFeature),
    credits: planCredits
      .nullable()
      .describe('What it grants anew each interval, whatever the interval of its price.'),
    created_at: timestamp,
  })
  .meta({ id: 'Plan' });
export const planPage = pageOf(plan).meta({ id: 'PlanList' });

export const planQuery = pageQuery.extend({ archived });

const warnings = z.array(z.string()).describe('What is allowed, but seldom meant.');
export const writtenPlan = plan.extend({ warnings }).meta({ id: 'WrittenPlan' });

export const planVersion = z
  .object({
    id: z.string(),
    number: z.int(),
    published_at: timestamp,
    trial: z.object(trialTerms).nullable(),
    spend_cap: shownSpendCap,
    prices: z.array(planPrice),
    features: z.array(planFeature),
    credits: planCredits
      .nullable()
      .describe('What it grants anew each interval, whatever the interval of its price.'),
  })
  .meta({ id: 'PlanVersion' });
export const planVersionPage = pageOf(planVersion).meta({ id: 'PlanVersionList' });

export const planDraft = z
  .object({
    plan: z.object({ id: z.string(), key: z.string(), name: z.string() }),
    version: z.object({
      id: z.string(),
      number: z.int().describe('What it will be once published.'),
      created_at: timestamp,
      trial: z.object(trialTerms).nullable(),
      spend_cap: shownSpendCap,
    }),
    prices: z.array(planPrice),
    features: z.array(planFeature),
    credits: planCredits
      .nullable()
      .describe('What it grants anew each interval, whatever the interval of its price.'),
    warnings,
  })
  .meta({ id: 'PlanDraft' });

/** What a version of a plan costs and grants. */
export const versionFields = {
  prices: z.array(priceInput).max(50).default([]),
  features: z
    .array(
      z.strictObject({
        feature: key.describe('Key of an existing feature.'),
        limit: limit.optional(),
        overage: z.enum(overages).optional().describe('What happens at the limit. Default: block.'),
        value: text.min(1).max(500).optional().describe('Of a config feature.'),
        caps: caps.optional(),
      }),
    )
    .max(100)
    .default([]),
  credits: z
    .strictObject({
      ...creditTerms,
      interval: creditTerms.interval.default('month'),
      interval_count: creditTerms.interval_count.default(1),
      rollover: rollover.nullable().default(null),
    })
    .nullable()
    .default(null)
    .describe('Credits that it grants anew each interval, whatever the interval of its price.'),
  trial: z
    .strictObject({
      ...trialTerms,
      requires_card: trialTerms.requires_card.default(true),
      end: trialTerms.end.default('cancel'),
    })
    .nullable()
    .default(null),
  spend_cap: spendCap
    .nullable()
    .default(null)
    .describe('The most that metered use of a subscription in this currency may cost in a billing period.'),
};

const description = text.trim().min(1).max(500).nullable();
const rank = z.int().min(0).max(1_000_000);

export const createPlan = z.strictObject({
  key,
  name,
  description: description.default(null),
  group: key.default('default'),
  rank: rank.default(0),
  ...versionFields,
});

export const createAddOn = z.strictObject({
  key,
  name,
  description: description.default(null),
  rank: rank.default(0),
  prices: versionFields.prices,
  features: versionFields.features,
  credits: versionFields.credits,
});

export const putDraft = z.strictObject(versionFields);

export const updatePlan = z.strictObject({
  name: name.optional(),
  description: description.optional(),
  rank: rank.optional(),
});

export const resync = z
  .object({
    checked: z.int().describe('How many objects were compared.'),
    repaired: z.array(
      z.object({
        kind: z.enum(['product', 'price', 'meter', 'feature', 'coupon']),
        id: z.string().describe('Of ours: for a product the plan’s.'),
        cause: z.enum(['missing', 'inactive', 'renamed', 'features_missing']),
      }),
    ),
  })
  .meta({ id: 'CatalogResync' });

export const defaultPlan = z
  .object({ plan: plan.nullable().describe('What customers without a subscription have.') })
  .meta({ id: 'DefaultPlan' });
export const setDefaultPlan = z.strictObject({ plan: text.min(1).max(255).nullable() });
