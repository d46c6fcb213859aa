import { z } from 'zod';
import { key, name, pageOf, pageQuery, text, timestamp } from '../../platform/http/schemas.ts';
import { customerReference, metadata } from '../customers/customers.schemas.ts';

const graceSecondsMax = 24 * 60 * 60;
const scopesMax = 50;

const customerOf = z.object({ id: z.string(), external_id: z.string().nullable() });

const rateLimit = z
  .strictObject({
    limit: z.int().min(1).max(1_000_000).describe('Calls in any stretch of time of this length.'),
    window_seconds: z.int().min(1).max(3_600),
  })
  .meta({ id: 'RateLimit' });
export type RateLimit = z.output<typeof rateLimit>;

export const project = z
  .object({
    id: z.string(),
    customer: customerOf,
    name: z.string(),
    quota_feature: z
      .string()
      .nullable()
      .describe('The metered feature that a call with one of its keys is a use of. Null: no quota.'),
    rate_limit: rateLimit.nullable().describe('Of all keys of the project together. Null: none.'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Project' });
export const projectPage = pageOf(project).meta({ id: 'ProjectList' });
export const listProjects = pageQuery.extend({ customer: customerReference.optional() });
export const createProject = z.strictObject({
  customer: customerReference,
  name,
  quota_feature: key.nullable().default(null),
  rate_limit: rateLimit.nullable().default(null),
});
export const updateProject = z.strictObject({
  name: name.optional(),
  quota_feature: key.nullable().optional(),
  rate_limit: rateLimit.nullable().optional(),
});

const scope = text.min(1).max(100).regex(/^\S+$/, 'must not hold spaces');
const scopes = z
  .array(scope)
  .max(scopesMax)
  .describe('What the key may do in your API, in your words. A verification can ask for some of them.');

const keyFields = {
  id: z.string(),
  customer: customerOf,
  project: z.object({ id: z.string(), name: z.string() }).nullable(),
  name: z.string(),
  prefix: z.string().describe('How the key begins: enough to recognise it.'),
  last4: z.string(),
  scopes: z.array(z.string()),
  meta: z.record(z.string(), z.string()),
  enabled: z.boolean(),
  rate_limit: rateLimit.nullable().describe('Its own. Null: that of the environment, if there is one.'),
  created_at: timestamp,
  updated_at: timestamp,
  expires_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(),
  last_used_at: timestamp.nullable().describe('To within seconds: noted in batches.'),
  rotated_to: z.string().nullable().describe('The key that replaces it.'),
};
export const consumerKey = z.object(keyFields).meta({ id: 'ConsumerKey' });
export const newConsumerKeyAnswer = z
  .object({
    ...keyFields,
    secret: z.string().describe('The key itself. Shown once, and stored nowhere.'),
  })
  .meta({ id: 'NewConsumerKey' });
export const consumerKeyPage = pageOf(consumerKey).meta({ id: 'ConsumerKeyList' });
export const listConsumerKeys = pageQuery.extend({
  customer: customerReference.optional(),
  project: text.min(1).max(100).optional().describe('Id of the project.'),
});

const expiry = z.iso.datetime({ offset: true }).transform((time) => new Date(time));
export const createConsumerKey = z.strictObject({
  customer: customerReference,
  project: text.min(1).max(100).nullable().default(null).describe('Id of a project of the customer.'),
  name,
  scopes: scopes.default([]),
  meta: metadata.default({}).describe('Up to 50 facts, given back by each verification.'),
  rate_limit: rateLimit.nullable().default(null),
  expires_at: expiry.nullable().default(null).describe('Null: never.'),
});
export const updateConsumerKey = z.strictObject({
  name: name.optional(),
  scopes: scopes.optional(),
  meta: metadata.optional(),
  enabled: z.boolean().optional().describe('False: verifications fail until it is true again.'),
  rate_limit: rateLimit.nullable().optional(),
  expires_at: expiry.nullable().optional(),
});
export const rotateConsumerKey = z.strictObject({
  grace_seconds: z
    .int()
    .min(0)
    .max(graceSecondsMax)
    .default(0)
    .describe('How long the old key stays valid, but never beyond its own expiry. 0: it is revoked at once.'),
});

const verificationCodes = [
  'valid',
  'not_found',
  'revoked',
  'expired',
  'disabled',
  'insufficient_scope',
  'rate_limited',
  'quota_exceeded',
] as const;
export type VerificationCode = (typeof verificationCodes)[number];

export const verifyConsumerKey = z.strictObject({
  key: text.min(1).max(255).describe('What your caller sent.'),
  scopes: scopes.default([]).describe('All of these are needed for what the caller wants.'),
  feature: key
    .optional()
    .describe('The metered feature that the call is a use of. Default: the one of the key’s project.'),
  cost: z.int().min(1).max(1_000_000).default(1).describe('How many calls, or units of the feature, it is.'),
  consume: z
    .boolean()
    .default(false)
    .describe(
      'Also takes the cost from the quota, in the same step: of what is left, no more is ever given.',
    ),
  idempotency_key: text
    .min(1)
    .max(255)
    .optional()
    .describe(
      'With consume: the cost is taken once per key. Default: the Idempotency-Key header; without that, repeating takes it again.',
    ),
});

export const verification = z
  .object({
    valid: z.boolean(),
    code: z.enum(verificationCodes),
    reason: z
      .string()
      .nullable()
      .describe('Of `disabled` and `quota_exceeded` by an entitlement: its reason, such as past_due.'),
    key_id: z.string().nullable(),
    name: z.string().nullable(),
    customer: z.string().nullable().describe('Our id of the customer.'),
    external_id: z.string().nullable().describe('Your own id of the customer.'),
    project: z.string().nullable(),
    plan: z.string().nullable().describe('Key of the customer’s plan.'),
    scopes: z.array(z.string()),
    meta: z.record(z.string(), z.string()),
    remaining: z.number().nullable().describe('Of the quota. Null: no quota, or an unlimited one.'),
    quota: z
      .object({
        feature: z.string(),
        limit: z.number().nullable().describe('Null: unlimited.'),
        used: z.number(),
        remaining: z.number().nullable(),
        resets_at: timestamp.nullable(),
      })
      .nullable(),
    rate_limit: z
      .object({
        of: z.enum(['key', 'project', 'customer']).describe('Whose limit it is: the one that is nearest.'),
        limit: z.int(),
        remaining: z.int(),
        resets_at: timestamp.describe('When the next call leaves the window.'),
      })
      .nullable(),
    retry_after: z
      .int()
      .nullable()
      .describe('Seconds until it is worth trying again, for Retry-After. Null: waiting does not help.'),
    degraded: z.boolean().describe('The quota may be out of date.'),
  })
  .meta({ id: 'KeyVerification' });
export type Verification = z.input<typeof verification>;

const prefix = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,15}(_[a-z0-9]{1,8})?$/, 'use up to 16 of a–z and 0–9, such as acme or acme_key')
  .refine((value) => !/^bos(_|$)/.test(value), 'bos is how our own keys begin');

export const consumerKeySettings = z
  .object({
    key_prefix: z.string().describe('New keys begin with it: acme gives acme_live_…'),
    key_rate_limit: rateLimit.nullable().describe('Of each key that has none of its own.'),
    customer_rate_limit: rateLimit.nullable().describe('Of all keys of a customer together.'),
  })
  .meta({ id: 'ConsumerKeySettings' });
export const updateConsumerKeySettings = z.strictObject({
  key_prefix: prefix.nullable().optional().describe('Null: bos_ck.'),
  key_rate_limit: rateLimit.nullable().optional(),
  customer_rate_limit: rateLimit.nullable().optional(),
});
