import { z } from 'zod';
import { pageOf, pageQuery, timestamp } from '../../platform/http/schemas.ts';

export const importStates = ['running', 'done', 'failed'] as const;
export const itemKinds = ['product', 'price', 'customer', 'subscription'] as const;
export const outcomes = ['create', 'link', 'exists', 'skip'] as const;
export const groupings = ['shared', 'per_plan'] as const;

export const createImport = z.strictObject({
  dry_run: z.boolean().default(true).describe('Only say what would happen.'),
  groups: z
    .enum(groupings)
    .default('shared')
    .describe(
      'shared: all plans in one group, so that customers can change between them. per_plan: each in its own, for customers with several subscriptions at once.',
    ),
});

const counts = z.object({ create: z.int(), link: z.int(), exists: z.int(), skip: z.int() });

export const stripeImport = z
  .object({
    id: z.string(),
    dry_run: z.boolean(),
    groups: z.enum(groupings),
    state: z.enum(importStates),
    phase: z.string(),
    counts: z
      .object({ product: counts, price: counts, customer: counts, subscription: counts })
      .describe(
        'create: made ours. link: ours already, now known to be the same. exists: nothing to do. skip: left out.',
      ),
    error: z.string().nullable(),
    started_at: timestamp,
    finished_at: timestamp.nullable(),
  })
  .meta({ id: 'StripeImport' });
export const importPage = pageOf(stripeImport).meta({ id: 'StripeImportList' });

const importItem = z
  .object({
    id: z.string(),
    kind: z.enum(itemKinds),
    stripe_id: z.string(),
    outcome: z.enum(outcomes),
    object_id: z.string().nullable().describe('Ours. Null in a rehearsal, and when it was left out.'),
    reason: z.string().nullable(),
  })
  .meta({ id: 'StripeImportItem' });
export const itemPage = pageOf(importItem).meta({ id: 'StripeImportItemList' });
export const listItems = pageQuery.extend({
  kind: z.enum(itemKinds).optional(),
  outcome: z.enum(outcomes).optional(),
});
