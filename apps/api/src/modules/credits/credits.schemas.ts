import { z } from 'zod';
import { pageOf, pageQuery, text, timestamp } from '../../platform/http/schemas.ts';
import { quantity } from '../usage/usage.schemas.ts';

/** Of a grant that names none. */
export const usualPriority = 50;

const creditSources = ['plan', 'add_on', 'top_up', 'manual', 'rollover'] as const;
const creditEntryKinds = ['grant', 'burn', 'expire', 'rollover', 'void', 'unvoid', 'refund'] as const;
const creditIntervals = ['day', 'week', 'month', 'year'] as const;

const credits = quantity.refine((value) => value > 0, 'must be more than 0');
const moment = z.iso.datetime({ offset: true }).transform((value) => new Date(value));

export const creditGrant = z
  .object({
    id: z.string(),
    customer: z.string(),
    source: z.enum(creditSources).describe('rollover: what was left of a period and carried over.'),
    quantity: z.number(),
    remaining: z.number(),
    priority: z.int().describe('The lowest number is burned first.'),
    effective_at: timestamp,
    expires_at: timestamp.nullable(),
    reason: z.string().nullable(),
    state: z
      .enum(['scheduled', 'active', 'used_up', 'expired', 'voided'])
      .describe('scheduled: effective_at is still to come.'),
    voided_at: timestamp.nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'CreditGrant' });
export type CreditGrant = z.input<typeof creditGrant>;
export const creditGrantPage = pageOf(creditGrant).meta({ id: 'CreditGrantList' });
export const listCreditGrants = pageQuery;

export const createCreditGrant = z.strictObject({
  quantity: credits.describe('How many credits.'),
  expires_at: moment.optional().describe('Left out, they never expire.'),
  effective_at: moment.optional().describe('From when they can be used. Left out: now.'),
  priority: z.int().min(0).max(100).default(usualPriority).describe('The lowest number is burned first.'),
  reason: text.trim().min(1).max(500).optional(),
});
export type CreateCreditGrant = z.output<typeof createCreditGrant>;

const creditEntry = z
  .object({
    id: z.string(),
    grant: z.string(),
    kind: z.enum(creditEntryKinds),
    quantity: z.number().describe('What it added to the balance; negative when it took.'),
    meter: z.string().nullable().describe('Key of the meter whose use burned it.'),
    occurred_at: timestamp,
  })
  .meta({ id: 'CreditEntry' });
export const creditEntryPage = pageOf(creditEntry).meta({ id: 'CreditEntryList' });
export const listCreditEntries = pageQuery;

export const creditBalance = z
  .object({
    customer: z.string(),
    balance: z.number().describe('What can be used now.'),
    scheduled: z.number().describe('Granted, and not effective yet.'),
    next_expiry: z
      .object({ quantity: z.number(), expires_at: timestamp })
      .nullable()
      .describe('What is lost next, if it is not used before.'),
    low_at: z.number().nullable().describe('An alert is raised when use takes the balance below it.'),
    allowances: z
      .array(
        z.object({
          source: z.enum(['plan', 'add_on']),
          quantity: z.number(),
          interval: z.enum(creditIntervals),
          interval_count: z.int(),
          rollover_max: z.number().nullable(),
          rollover_periods: z.int().nullable(),
          next_reset_at: timestamp,
        }),
      )
      .describe('What subscriptions grant anew each interval.'),
  })
  .meta({ id: 'CreditBalance' });
export type CreditBalance = z.input<typeof creditBalance>;

export const updateCreditBalance = z.strictObject({
  low_at: quantity.nullable().describe('An alert is raised when use takes the balance below it. Null: none.'),
});
