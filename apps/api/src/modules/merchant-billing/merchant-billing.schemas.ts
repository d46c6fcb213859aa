import { z } from 'zod';
import { money, text, timestamp, webUrl } from '../../platform/http/schemas.ts';

const housePlan = z.object({
  key: z.string(),
  name: z.string(),
  price: money.nullable().describe('Each month. Null: nothing.'),
  tracked_calls: z
    .number()
    .nullable()
    .describe('Logged calls a month, over all environments. Null: unlimited.'),
  log_retention_days: z.number().nullable().describe('How long single logged calls may be kept.'),
  email_alerts: z.boolean().describe('Alerts by e-mail and webhook.'),
  slack_alerts: z.boolean(),
  priority_support: z.boolean(),
});

export const merchantPlan = z
  .object({
    plan: housePlan.nullable().describe('What you have now. Null: an instance of your own, without limits.'),
    ends_at: timestamp.nullable().describe('When it becomes the plan that costs nothing.'),
    tracked_calls: z
      .object({ used: z.number(), limit: z.number().nullable(), resets_at: timestamp.nullable() })
      .nullable(),
    plans: z.array(housePlan).describe('What there is, the smallest first.'),
  })
  .meta({ id: 'MerchantPlan' });

export const changeMerchantPlan = z.strictObject({
  plan: text.min(1).max(64).describe('Key of the plan.'),
  return_url: webUrl.max(2_000).describe('Where the pages of Stripe lead back to.'),
});
export const previewMerchantPlan = changeMerchantPlan.omit({ return_url: true });
export const merchantPlanPreview = z
  .object({
    due_now: money.nullable().describe('What is charged at once. Null: nothing.'),
    effective_at: timestamp.describe('When the plan begins.'),
  })
  .meta({ id: 'MerchantPlanPreview' });
export const merchantPlanChange = z
  .object({
    checkout_url: z
      .string()
      .nullable()
      .describe('Where to pay, when there is no paid plan yet. Null: it is changed already.'),
  })
  .meta({ id: 'MerchantPlanChange' });
