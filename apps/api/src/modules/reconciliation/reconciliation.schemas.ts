import { z } from 'zod';
import { pageOf, pageQuery, text, timestamp } from '../../platform/http/schemas.ts';

const triggers = ['schedule', 'manual', 'connected'] as const;
export const runStates = ['running', 'done', 'failed'] as const;
export const discrepancyKinds = [
  'customer',
  'subscription',
  'invoice',
  'entitlement',
  'meter',
  'catalog',
] as const;
export const causes = [
  'missing_here',
  'differs',
  'missing_on_stripe',
  'grants_differ',
  'meter_drift',
] as const;

export const run = z
  .object({
    id: z.string(),
    trigger: z.enum(triggers),
    state: z.enum(runStates),
    phase: z.string().describe('What is being compared, or was last.'),
    checked: z.record(z.string(), z.int()).describe('How many objects of each kind were compared.'),
    found: z.int().describe('Discrepancies.'),
    repaired: z.int().describe('Of those, what says now what Stripe says.'),
    requests: z.int().describe('To Stripe.'),
    error: z.string().nullable(),
    started_at: timestamp,
    finished_at: timestamp.nullable(),
  })
  .meta({ id: 'ReconciliationRun' });
export const runPage = pageOf(run).meta({ id: 'ReconciliationRunList' });

export const discrepancy = z
  .object({
    id: z.string(),
    run: z.string(),
    kind: z.enum(discrepancyKinds),
    cause: z.enum(causes),
    object_id: z.string().nullable().describe('Ours. Null: we did not have it.'),
    stripe_object_id: z.string().nullable(),
    before: z.unknown().describe('What we said, as far as it differed.'),
    after: z.unknown().describe('What Stripe says.'),
    note: z.string().nullable(),
    found_at: timestamp,
    repaired_at: timestamp.nullable(),
  })
  .meta({ id: 'Discrepancy' });
export const discrepancyPage = pageOf(discrepancy).meta({ id: 'DiscrepancyList' });
export const listDiscrepancies = pageQuery.extend({
  run: text.min(1).max(100).optional().describe('Id of a run.'),
});
