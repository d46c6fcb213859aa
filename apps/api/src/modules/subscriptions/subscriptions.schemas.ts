import { z } from 'zod';
import { money, pageOf, pageQuery, text, timestamp, webUrl } from '../../platform/http/schemas.ts';
import { stripeStatuses } from '../../stripe/stripe.subscription-state.ts';
import { intervals } from '../catalog/price.schemas.ts';
import { customerSummary } from '../customers/customers.schemas.ts';
import { suspensions } from './subscription.ts';

const planSummary = z
  .object({ id: z.string(), key: z.string(), name: z.string() })
  .meta({ id: 'PlanSummary' });

export const subscription = z
  .object({
    id: z.string(),
    customer: customerSummary,
    plan: planSummary,
    plan_version_id: z.string(),
    status: z.enum(stripeStatuses),
    provider: z.enum(['stripe', 'manual']).describe('Who invoices: Stripe, or BillingOS itself.'),
    current_period_start: timestamp,
    current_period_end: timestamp,
    trial_end: timestamp.nullable().describe('When the trial ends or ended. Null: there was none.'),
    paused_at: timestamp.nullable().describe('Since when nothing is charged and nothing may be used.'),
    resumes_at: timestamp.nullable().describe('When a pause ends by itself.'),
    past_due_since: timestamp.nullable(),
    suspension: z
      .enum(suspensions)
      .nullable()
      .describe('Why access is withheld though the subscription runs.'),
    cancel_at: timestamp.nullable().describe('When it will end. Until then everything stays as it is.'),
    canceled_at: timestamp.nullable().describe('When that was decided.'),
    ended_at: timestamp.nullable(),
    duplicate_of: z
      .string()
      .nullable()
      .describe('It was paid beside this one of the same group, and grants nothing.'),
    items: z.array(
      z.object({
        id: z.string(),
        price_id: z.string(),
        plan: z.string().describe('Key of the plan or add-on it belongs to.'),
        plan_type: z.enum(['base', 'add_on']),
        type: z.string().describe('Of the price: flat, per_seat, per_unit, package, graduated or volume.'),
        feature: z.string().nullable().describe('Key of the feature whose use is charged.'),
        quantity: z.int(),
        amount: money.nullable().describe('For one. Null where the price is not one amount.'),
        currency: z.string(),
        interval: z.enum(intervals),
        interval_count: z.int(),
      }),
    ),
    discounts: z.array(
      z.object({
        coupon: z.string().nullable().describe('Key of the coupon; null for one made on Stripe.'),
        name: z.string().nullable(),
        percent_off: z.number().nullable(),
        amount_off: money.nullable(),
        duration: z.enum(['once', 'repeating', 'forever']),
        ends_at: timestamp.nullable(),
      }),
    ),
    scheduled_change: z
      .object({
        effective_at: timestamp,
        plan: planSummary,
        plan_version_id: z.string(),
        items: z.array(z.object({ price_id: z.string(), quantity: z.int() })),
      })
      .nullable()
      .describe(
        'What it will change to by itself. A new one replaces it, DELETE …/scheduled-change undoes it.',
      ),
    stripe_subscription_id: z.string().nullable(),
    created_at: timestamp,
    updated_at: timestamp,
    version: z.int(),
  })
  .meta({ id: 'Subscription' });

export const subscriptionPage = pageOf(subscription).meta({ id: 'SubscriptionList' });

export const listSubscriptions = pageQuery.extend({
  customer: text
    .min(1)
    .max(5_000)
    .transform((list) => list.split(',').filter((reference) => reference !== ''))
    .pipe(z.array(z.string().max(255)).min(1).max(100))
    .optional()
    .describe('Ids of customers, ours or yours, separated by commas.'),
  status: z
    .enum([...stripeStatuses, 'running'])
    .optional()
    .describe('running: begun and not ended, paid for or not.'),
});

const quantity = z.int().min(1).max(1_000_000).default(1);
const customer = text.trim().min(1).max(255).describe('Your own id of the customer, or ours.');
const plan = text.min(1).max(255).describe('Key or id of the plan.');
const price = text.optional().describe('Id of one of the plan’s prices; needed when it has several.');

export const createSubscription = z.strictObject({
  customer,
  plan,
  price,
  quantity,
  payment_method: z
    .string()
    .regex(/^pm_[A-Za-z0-9_]+$/, 'use the id of a Stripe payment method')
    .optional()
    .describe('A Stripe payment method, which becomes the customer’s default. Default: the one they have.'),
});

export const cancelSubscription = z.strictObject({
  when: z
    .enum(['period_end', 'now'])
    .default('period_end')
    .describe('period_end: access stays until what was paid for is used up.'),
});

const url = webUrl.max(2_000);
export const createCheckout = z.strictObject({
  customer,
  plan,
  price,
  quantity,
  success_url: url.describe('Where the customer goes after paying. {CHECKOUT_SESSION_ID} is replaced.'),
  cancel_url: url,
});
export const checkoutSession = z
  .object({
    id: z.string(),
    url: z.string().nullable().describe('Where the customer pays. Null once it is paid or expired.'),
    expires_at: timestamp,
  })
  .meta({ id: 'CheckoutSession' });

export const subscriptionsSummary = z
  .object({
    running: z.int(),
    past_due: z.int(),
    canceling: z.int().describe('Running, and to end at a time that is set.'),
    monthly_recurring: z
      .array(money)
      .describe('Active and past due, brought to a month; one for each currency.'),
    by_plan: z.array(z.object({ plan: planSummary, running: z.int() })),
  })
  .meta({ id: 'SubscriptionsSummary' });
