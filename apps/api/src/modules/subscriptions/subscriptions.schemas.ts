import { z } from 'zod';
import { key, money, pageOf, pageQuery, text, timestamp, webUrl } from '../../platform/http/schemas.ts';
import { stripeStatuses } from '../../stripe/stripe.subscription-state.ts';
import { cancellationReasons } from '../../stripe/stripe.subscriptions.ts';
import { intervals } from '../catalog/price.schemas.ts';
import { customerReference, customerSummary } from '../customers/customers.schemas.ts';
import { changeKinds } from './change.ts';
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
const plan = text.min(1).max(255).describe('Key or id of the plan.');
const price = text.optional().describe('Id of one of the plan’s prices; needed when it has several.');

const currency = z
  .string()
  .toLowerCase()
  .regex(/^[a-z]{3}$/, 'use a three-letter ISO 4217 code such as usd')
  .optional();
const offer = {
  price: price.describe('Id of one of the prices of the offer that is meant.'),
  currency: currency.describe('Instead of a price: the currency of the offer.'),
  interval: z.enum(intervals).optional().describe('Instead of a price: how often it is charged.'),
  interval_count: z.int().min(1).max(36).optional(),
};
const addOns = z
  .array(
    z.strictObject({
      add_on: key.or(text.min(1).max(255)).describe('Key or id of an add-on.'),
      quantity: z.int().min(0).max(1_000_000).default(1),
    }),
  )
  .max(20);

const coupon = text.trim().min(1).max(255);

const sale = {
  customer: customerReference,
  plan,
  ...offer,
  quantity: quantity.describe('Seats, where the plan has a price by seat; else how many of it.'),
  add_ons: addOns.default([]),
  coupon: coupon.optional().describe('Key of a coupon.'),
  trial: z
    .boolean()
    .optional()
    .describe(
      'false: no trial. true: refused when the customer had one. Default: the plan’s, if they had none.',
    ),
};

export const createSubscription = z.strictObject({
  ...sale,
  billing: z
    .enum(['stripe', 'manual'])
    .default('stripe')
    .describe('manual: BillingOS writes invoices, which are paid by bank transfer or otherwise.'),
  payment_method: z
    .string()
    .regex(/^pm_[A-Za-z0-9_]+$/, 'use the id of a Stripe payment method')
    .optional()
    .describe('A Stripe payment method, which becomes the customer’s default. Default: the one they have.'),
});

export const changeSubscription = z.strictObject({
  plan: plan.optional().describe('Key or id of a plan of the same group. It is meant as it is sold now.'),
  ...offer,
  quantity: z.int().min(1).max(1_000_000).optional(),
  add_ons: addOns
    .optional()
    .describe('How many of each add-on there shall be; 0 takes one away, one not named stays.'),
  coupon: coupon.nullable().optional().describe('Key of the coupon it shall carry; null for none.'),
  when: z
    .enum(['now', 'period_end'])
    .optional()
    .describe('Default: now for what gives more, period_end for what takes away.'),
  proration: z
    .enum(['invoice', 'next_invoice', 'none'])
    .optional()
    .describe('Of a change now: charged at once (default), with the next invoice, or not at all.'),
  proration_at: z.iso
    .datetime({ offset: true })
    .transform((at) => new Date(at))
    .optional()
    .describe('From a preview: the charge is then what the preview said, to the cent.'),
  reset_usage: z
    .boolean()
    .optional()
    .describe(
      'Of a change now: what was used of the period so far is granted once more, so that the new limits hold in full. What it costs stays as it is. Default: for upgrades as the settings say, else false.',
    ),
});

const charge = z
  .object({
    subtotal: money,
    discount: money,
    tax: money,
    total: money.describe('Below zero: becomes credit of the customer.'),
    amount_due: money.describe('What is taken from the card, after the customer’s credit.'),
    lines: z.array(
      z.object({
        description: z.string(),
        amount: money,
        quantity: z.number().nullable(),
        period_start: timestamp,
        period_end: timestamp,
        is_proration: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Charge' });
const grant = z.object({ limit: z.number().nullable(), value: z.string().nullable() }).nullable();

export const changePreview = z
  .object({
    kind: z.enum(changeKinds),
    when: z.enum(['now', 'period_end']),
    effective_at: timestamp,
    proration_at: timestamp.describe('To be sent with the change, within an hour.'),
    plan: z.object({ before: planSummary, after: planSummary }),
    due_now: charge.nullable().describe('What the change charges. Null: nothing now.'),
    next_renewal: charge.nullable().describe('The next regular invoice, as it would be. Null: it is to end.'),
    entitlements: z
      .array(z.object({ feature: z.string(), before: grant, after: grant }))
      .describe('What the customer may do otherwise. Null: not at all.'),
  })
  .meta({ id: 'ChangePreview' });

export const cancelSubscription = z.strictObject({
  when: z
    .enum(['period_end', 'now'])
    .default('period_end')
    .describe(
      'period_end: access stays until what was paid for is used up. now: what was used and is not billed yet is charged by a last invoice.',
    ),
  refund: z
    .enum(['none', 'credit', 'refund'])
    .default('none')
    .describe('Of what is paid and unused when it ends now: kept, credited to the customer, or paid back.'),
  reason: z.enum(cancellationReasons).optional(),
  comment: text.trim().min(1).max(1_000).optional(),
});

const futureDate = z.iso.datetime({ offset: true }).transform((at) => new Date(at));
export const pauseSubscription = z.strictObject({
  resumes_at: futureDate
    .nullable()
    .default(null)
    .describe('When it goes on by itself; null: when it is resumed.'),
});
export const extendTrial = z.strictObject({
  trial_end: futureDate.describe('The new end: a date, not so many days more.'),
});

export const subscriptionSettings = z
  .object({
    automatic_tax: z.boolean().describe('Stripe computes the tax, by the customer’s address.'),
    tax_rates: z
      .array(z.string())
      .describe('Stripe tax rates of new subscriptions, where tax is not automatic.'),
    reset_usage_on_upgrade: z
      .boolean()
      .describe('Whether an upgrade sets back what was used of the period, unless it says otherwise itself.'),
    reset_usage_after_trial: z
      .boolean()
      .describe(
        'Whether what is used in a trial counts against the limits of the trial only. Else it counts in the first paid period, too. It is never charged. Holds for every trial and first period, also those that run.',
      ),
  })
  .meta({ id: 'SubscriptionSettings' });
export const updateSubscriptionSettings = z.strictObject({
  automatic_tax: z.boolean().optional(),
  tax_rates: z
    .array(z.string().regex(/^txr_[A-Za-z0-9_]+$/, 'use ids of Stripe tax rates'))
    .max(5)
    .optional(),
  reset_usage_on_upgrade: z.boolean().optional(),
  reset_usage_after_trial: z.boolean().optional(),
});

const url = webUrl.max(2_000);
export const createCheckout = z.strictObject({
  ...sale,
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
