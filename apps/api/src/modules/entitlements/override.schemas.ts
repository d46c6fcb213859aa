import { z } from 'zod';
import { idParam, key, text, timestamp } from '../../platform/http/schemas.ts';
import { caps, limit, overages } from '../catalog/catalog.schemas.ts';

const mode = z
  .enum(['replace', 'add'])
  .describe('replace: in place of what plans grant; a customer has one of a feature. add: on top of it.');

export const entitlementOverride = z
  .object({
    id: z.string(),
    customer: z.string(),
    feature: z.string().describe('Key of the feature.'),
    mode,
    granted: z.boolean().describe('false: denied, whatever plans grant.'),
    limit: limit.describe('Of a metered feature, per billing period. null is unlimited, or not metered.'),
    overage: z.enum(overages).nullable(),
    value: z.string().nullable(),
    caps: caps.nullable(),
    reason: z.string(),
    expires_at: timestamp.nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'EntitlementOverride' });
export const entitlementOverrideList = z
  .object({ data: z.array(entitlementOverride) })
  .meta({ id: 'EntitlementOverrideList' });

export const createEntitlementOverride = z
  .strictObject({
    feature: key.describe('Key of the feature.'),
    mode: mode.default('replace'),
    granted: z.boolean().default(true).describe('false denies the feature, whatever plans grant.'),
    limit: limit.optional(),
    overage: z
      .enum(overages)
      .optional()
      .describe('What happens at the limit. Default: block, and with mode add what the plans say.'),
    value: text.min(1).max(500).optional().describe('Of a config feature.'),
    caps: caps.optional(),
    reason: text.trim().min(1).max(500).describe('Why, for whoever asks later.'),
    expires_at: z
      .string()
      .pipe(z.iso.datetime({ offset: true }))
      .transform((value) => new Date(value))
      .optional()
      .describe('From then on plans alone decide again. Left out: until it is removed.'),
  })
  .meta({ id: 'CreateEntitlementOverride' });
export type OverrideWish = z.output<typeof createEntitlementOverride>;

export const overrideParam = idParam.extend({ override_id: text.min(1).max(255) });
