import { z } from 'zod';
import { money, pageOf, timestamp } from '../../platform/http/schemas.ts';
import { customerReference } from '../customers/customers.schemas.ts';

const monthly = z.array(money).describe('What they bring in a month, by currency; use not counted.');

export const affectedSubscribers = z
  .object({
    versions: z.array(
      z.object({
        plan_version_id: z.string(),
        number: z.int(),
        is_newest: z.boolean(),
        running: z.int(),
        monthly,
      }),
    ),
  })
  .meta({ id: 'AffectedSubscribers' });

export const migratePlan = z.strictObject({
  from_versions: z
    .array(z.int().min(1))
    .min(1)
    .max(100)
    .optional()
    .describe('Numbers of the versions whose subscribers move. Default: all but the newest.'),
  customers: z
    .array(customerReference)
    .min(1)
    .max(100)
    .optional()
    .describe('Only these customers, by your ids or ours. Default: all.'),
  when: z.enum(['now', 'period_end']).default('period_end'),
  proration: z
    .enum(['invoice', 'next_invoice', 'none'])
    .default('none')
    .describe('Of a migration now: charged at once, with the next invoice, or not at all.'),
});

export const migrationPreview = z
  .object({
    subscriptions: z.int(),
    monthly_before: monthly,
    monthly_after: monthly,
    not_offered: z
      .int()
      .describe('How many the new version has no price for, in their currency and interval.'),
  })
  .meta({ id: 'PlanMigrationPreview' });

export const planMigration = z
  .object({
    id: z.string(),
    plan: z.string().describe('Key of the plan.'),
    plan_version_id: z.string(),
    version_number: z.int(),
    when: z.enum(['now', 'period_end']),
    proration: z.enum(['invoice', 'next_invoice', 'none']),
    pending: z.int(),
    done: z.int(),
    failed: z.int(),
    failures: z
      .array(z.object({ subscription_id: z.string(), error: z.string() }))
      .describe('The first hundred that could not be moved, and why. They stay as they were.'),
    created_at: timestamp,
    finished_at: timestamp.nullable(),
  })
  .meta({ id: 'PlanMigration' });
export const planMigrationPage = pageOf(planMigration).meta({ id: 'PlanMigrationList' });
