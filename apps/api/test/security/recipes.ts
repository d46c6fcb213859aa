import { randomUUID } from 'node:crypto';
import { createElement } from 'react';
import Stripe from 'stripe';
import { BillSubscriptions } from '../../src/modules/invoices/bill-subscriptions.ts';
import { SyncInvoices } from '../../src/modules/invoices/sync-invoices.ts';
import { TakeOverPayments } from '../../src/modules/payments/take-over-payments.ts';
import { AlertsService } from '../../src/modules/alerts/alerts.service.ts';
import { newId } from '../../src/platform/ids.ts';
import { TakeOverInvoice } from '../../src/modules/invoices/take-over-invoice.ts';
import { CustomerLinks } from '../../src/modules/customers/customer-links.ts';
import { MailService } from '../../src/modules/mail/mail.service.ts';
import { Database } from '../../src/platform/database/database.ts';
import { RequestLogsService } from '../../src/modules/request-logs/request-logs.service.ts';
import { RollUpUsage } from '../../src/modules/usage/roll-up-usage.ts';
import { type TestStack, webhookSecret } from '../fixtures/stack.ts';
import type { Tenant } from '../fixtures/api.ts';

/** What somebody else gets for a request that its owner is answered with 2xx. */
export type ForStrangers =
  /** The object is not there for them. */
  | 'not_found'
  /** The request is about their own environment: they see and change what is theirs. */
  | 'own'
  /** The link in the path is the credential: another one opens nothing. */
  | 'linkless'
  /** An id in the body is refused as unknown. */
  | 'refused';

export interface Attempt {
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  strangers: ForStrangers;
  /** With which code the owner is refused, where there is nothing to do for anybody. */
  refused?: string;
}

/** A tenant with an object of every kind, for strangers to reach for. */
export interface Victim extends Tenant {
  stripeAccount: string;
  customer: { id: string; external_id: string };
  meter: { id: string; key: string };
  feature: { id: string; key: string };
  plan: { id: string; key: string; price: string };
  addOn: { id: string; key: string };
  coupon: { id: string; key: string };
  subscription: { id: string };
  invoice: { id: string; line: string };
  openInvoices: string[];
  /** Writes an invoice of ours to a new customer, and says its id. */
  writeInvoice: () => Promise<string>;
  manualInvoice: string;
  disputes: string[];
  failedJob: string;
  webhookEvent: string;
  apiKey: string;
  alert: string;
  email: string;
  project: string;
  consumerKey: { id: string; secret: string };
  recovery: VictimRecovery;
  newRecovery: () => Promise<VictimRecovery>;
  slackWebhook: string;
  creditGrant: string;
  creditPack: string;
  /** The path of a page where the customer buys credits, a purchase there, and a card for the next. */
  topUp: { path: string; purchase: string; confirmCard: () => Promise<string> };
  reconciliation: string;
  stripeImport: string;
}

/** A failed payment, with the links that its customer has. */
interface VictimRecovery {
  id: string;
  /** Paths of the API. */
  pay: string;
  survey: string;
  /** Confirms a card as the pay page does, and returns its setup intent. */
  confirmCard: () => Promise<string>;
}

/** A valid request, or several, for each operation of the OpenAPI document. */
export const recipes: Record<string, (victim: Victim) => Attempt[] | Promise<Attempt[]>> = {
  listJobs: () => [{ path: 'jobs', strangers: 'own' }],
  retryJob: ({ failedJob }) => [{ path: `jobs/${failedJob}/retry`, strangers: 'not_found' }],
  listAuditLog: () => [{ path: 'audit-log?limit=100', strangers: 'own' }],
  getMe: () => [{ path: 'me', strangers: 'own' }],
  createMerchant: () => [{ path: 'merchants', body: { name: 'Second' }, strangers: 'own' }],
  listApiKeys: () => [{ path: 'api-keys', strangers: 'own' }],
  createApiKey: () => [{ path: 'api-keys', body: { name: 'another', type: 'secret' }, strangers: 'own' }],
  revokeApiKey: ({ apiKey }) => [{ path: `api-keys/${apiKey}`, strangers: 'not_found' }],
  listAlerts: () => [{ path: 'alerts', strangers: 'own' }],
  getAlertsSummary: () => [{ path: 'alerts/summary', strangers: 'own' }],
  readAlert: ({ alert }) => [{ path: `alerts/${alert}/read`, strangers: 'not_found' }],
  resolveAlert: ({ alert }) => [{ path: `alerts/${alert}/resolve`, strangers: 'not_found' }],
  getNotificationSettings: () => [{ path: 'notification-settings', strangers: 'own' }],
  updateNotificationSettings: ({ slackWebhook }) => [
    { path: 'notification-settings', body: { slack_webhook_url: slackWebhook }, strangers: 'own' },
  ],
  testNotificationSettings: () => [{ path: 'notification-settings/test', strangers: 'own' }],
  // On an instance of one's own there is nothing to buy: test/merchant-billing has one that sells.
  getMerchantPlan: () => [{ path: 'merchant-plan', strangers: 'own' }],
  previewMerchantPlan: () => [
    {
      path: 'merchant-plan/preview-change',
      body: { plan: 'pro' },
      strangers: 'own',
      refused: 'no_plans_sold',
    },
  ],
  changeMerchantPlan: () => [
    {
      path: 'merchant-plan/change',
      body: { plan: 'pro', return_url: 'http://localhost/plan' },
      strangers: 'own',
      refused: 'no_plans_sold',
    },
  ],
  listEmails: () => [{ path: 'emails', strangers: 'own' }],
  getEmail: ({ email }) => [{ path: `emails/${email}`, strangers: 'not_found' }],
  getEmailSettings: () => [{ path: 'email-settings', strangers: 'own' }],
  updateEmailSettings: () => [
    { path: 'email-settings', body: { subscription_started: true }, strangers: 'own' },
  ],
  getRecoverySettings: () => [{ path: 'recovery-settings', strangers: 'own' }],
  updateRecoverySettings: () => [{ path: 'recovery-settings', body: { grace_days: 5 }, strangers: 'own' }],
  listRecoveries: () => [{ path: 'recoveries', strangers: 'own' }],
  getRecoveriesSummary: () => [{ path: 'recoveries/summary', strangers: 'own' }],
  getRecovery: ({ recovery }) => [{ path: `recoveries/${recovery.id}`, strangers: 'not_found' }],
  retryRecovery: async ({ newRecovery }) => [
    { path: `recoveries/${(await newRecovery()).id}/retry-now`, strangers: 'not_found' },
  ],
  stopRecovery: async ({ newRecovery }) => [
    { path: `recoveries/${(await newRecovery()).id}/stop`, strangers: 'not_found' },
  ],
  getPayPage: ({ recovery }) => [{ path: recovery.pay, strangers: 'linkless' }],
  openCardForm: ({ recovery }) => [{ path: `${recovery.pay}/card-form`, strangers: 'linkless' }],
  payWithCard: async ({ newRecovery }) => {
    const { pay, confirmCard } = await newRecovery();
    return [{ path: `${pay}/pay`, body: { setup_intent: await confirmCard() }, strangers: 'linkless' }];
  },
  getSurvey: ({ recovery }) => [{ path: recovery.survey, strangers: 'linkless' }],
  answerSurvey: ({ recovery }) => [
    { path: recovery.survey, body: { reason: 'switched', would_return: true }, strangers: 'linkless' },
  ],
  getOnboarding: () => [{ path: 'onboarding', strangers: 'own' }],
  getStripeAccount: () => [{ path: 'stripe-account', strangers: 'own' }],
  connectStripe: () => [
    { path: 'stripe-account/connect', body: { return_url: 'http://localhost/return' }, strangers: 'own' },
  ],
  // The two that come after it in the document, connecting and refreshing, come back to the same account.
  disconnectStripe: () => [{ path: 'stripe-account/disconnect', strangers: 'own' }],
  refreshStripeAccount: () => [{ path: 'stripe-account/refresh', strangers: 'own' }],
  listCustomers: ({ customer }) => [
    { path: 'customers', strangers: 'own' },
    { path: `customers?search=${customer.external_id}`, strangers: 'own' },
  ],
  createCustomer: () => [
    { path: 'customers', body: { external_id: 'user_43', email: 'grace@example.com' }, strangers: 'own' },
  ],
  getCustomersSummary: () => [{ path: 'customers/summary', strangers: 'own' }],
  getCustomer: ({ customer }) => [
    { path: `customers/${customer.id}`, strangers: 'not_found' },
    { path: `customers/external:${customer.external_id}`, strangers: 'not_found' },
  ],
  updateCustomer: ({ customer }) => [
    { path: `customers/${customer.id}`, body: { name: 'Changed' }, strangers: 'not_found' },
  ],
  updateFeature: ({ feature }) => [
    { path: `features/${feature.id}`, body: { credit_cost: 2 }, strangers: 'not_found' },
    { path: `features/${feature.key}`, body: { on_outage: 'allow' }, strangers: 'not_found' },
  ],
  getCreditBalance: ({ customer }) => [{ path: `customers/${customer.id}/credits`, strangers: 'not_found' }],
  updateCreditBalance: ({ customer }) => [
    { path: `customers/${customer.id}/credits`, body: { low_at: 10 }, strangers: 'not_found' },
  ],
  listCreditGrants: ({ customer }) => [
    { path: `customers/${customer.id}/credits/grants`, strangers: 'not_found' },
  ],
  createCreditGrant: ({ customer }) => [
    { path: `customers/${customer.id}/credits/grants`, body: { quantity: 5 }, strangers: 'not_found' },
  ],
  listCreditEntries: ({ customer }) => [
    { path: `customers/${customer.id}/credits/entries`, strangers: 'not_found' },
  ],
  listCreditPacks: () => [{ path: 'credits/packs', strangers: 'own' }],
  createCreditPack: () => [
    {
      path: 'credits/packs',
      body: { key: 'large', name: 'Large', credits: 500, amount: 9_000, currency: 'usd' },
      strangers: 'own',
    },
  ],
  archiveCreditPack: async ({ asServer }) => {
    const terms = { name: 'Old', credits: 5, amount: 100, currency: 'usd' };
    const { body } = await asServer('POST', 'credits/packs', { key: `old-${randomUUID()}`, ...terms });
    return [{ path: `credits/packs/${body['id']}/archive`, strangers: 'not_found' }];
  },
  listCreditTopUps: ({ customer }) => [
    { path: `customers/${customer.id}/credits/top-ups`, strangers: 'not_found' },
  ],
  buyCredits: ({ customer, creditPack }) => [
    {
      path: `customers/${customer.id}/credits/top-ups`,
      body: { idempotency_key: 'top_up_1', pack: creditPack, payment_method: 'pm_card_visa' },
      strangers: 'not_found',
    },
  ],
  createTopUpLink: ({ customer }) => [
    { path: `customers/${customer.id}/credits/top-up-links`, body: {}, strangers: 'not_found' },
  ],
  getTopUpPage: ({ topUp }) => [{ path: topUp.path, strangers: 'linkless' }],
  openTopUpCardForm: ({ topUp }) => [{ path: `${topUp.path}/card-form`, strangers: 'linkless' }],
  buyOnPage: async ({ topUp, creditPack }) => [
    {
      path: `${topUp.path}/buy`,
      body: { idempotency_key: 'page_2', pack: creditPack, setup_intent: await topUp.confirmCard() },
      strangers: 'linkless',
    },
  ],
  getTopUpPurchase: ({ topUp }) => [
    { path: `${topUp.path}/purchases/${topUp.purchase}`, strangers: 'linkless' },
  ],
  getAutoTopUp: ({ customer }) => [
    { path: `customers/${customer.id}/credits/auto-top-up`, strangers: 'not_found' },
  ],
  setAutoTopUp: ({ customer, creditPack }) => [
    {
      path: `customers/${customer.id}/credits/auto-top-up`,
      body: { pack: creditPack, below: 1, amount_max_per_month: 1_000, enabled: false },
      strangers: 'not_found',
    },
  ],
  voidCreditGrant: ({ creditGrant }) => [
    { path: `credits/grants/${creditGrant}/void`, strangers: 'not_found' },
  ],
  restoreCreditGrant: ({ creditGrant }) => [
    { path: `credits/grants/${creditGrant}/restore`, strangers: 'not_found' },
  ],
  listMeters: () => [{ path: 'meters', strangers: 'own' }],
  createMeter: () => [{ path: 'meters', body: { key: 'seats', name: 'Seats' }, strangers: 'own' }],
  getMeter: ({ meter }) => [
    { path: `meters/${meter.id}`, strangers: 'not_found' },
    { path: `meters/${meter.key}`, strangers: 'not_found' },
  ],
  updateMeter: ({ meter }) => [
    { path: `meters/${meter.id}`, body: { name: 'Changed' }, strangers: 'not_found' },
    { path: `meters/${meter.key}`, body: { name: 'Changed' }, strangers: 'not_found' },
  ],
  listFeatures: () => [{ path: 'features', strangers: 'own' }],
  createFeature: ({ meter }) => [
    {
      path: 'features',
      body: { key: 'calls_too', name: 'Calls', type: 'metered', meter: meter.key },
      strangers: 'not_found',
    },
  ],
  getFeature: ({ feature }) => [
    { path: `features/${feature.id}`, strangers: 'not_found' },
    { path: `features/${feature.key}`, strangers: 'not_found' },
  ],
  listPlans: () => [{ path: 'plans', strangers: 'own' }],
  createPlan: ({ feature }) => [
    {
      path: 'plans',
      body: { key: 'team', name: 'Team', group: 'team', features: [{ feature: feature.key, limit: 1 }] },
      strangers: 'not_found',
    },
  ],
  getPlan: ({ plan }) => [
    { path: `plans/${plan.id}`, strangers: 'not_found' },
    { path: `plans/${plan.key}`, strangers: 'not_found' },
  ],
  updatePlan: ({ plan }) => [
    { path: `plans/${plan.id}`, body: { name: 'Changed' }, strangers: 'not_found' },
    { path: `plans/${plan.key}`, body: { rank: 7 }, strangers: 'not_found' },
  ],
  archivePlan: ({ addOn }) => [{ path: `plans/${addOn.id}/archive`, strangers: 'not_found' }],
  unarchivePlan: ({ addOn }) => [{ path: `plans/${addOn.key}/unarchive`, strangers: 'not_found' }],
  listPlanVersions: ({ plan }) => [{ path: `plans/${plan.id}/versions`, strangers: 'not_found' }],
  getPlanDraft: ({ addOn }) => [{ path: `plans/${addOn.id}/draft`, strangers: 'not_found' }],
  putPlanDraft: ({ addOn }) => [
    { path: `plans/${addOn.id}/draft`, body: { prices: [], features: [] }, strangers: 'not_found' },
  ],
  discardPlanDraft: async ({ asServer }) => {
    await asServer('POST', 'add-ons', { key: 'draft_goes', name: 'Draft goes' });
    await asServer('PUT', 'plans/draft_goes/draft', {});
    return [{ path: 'plans/draft_goes/draft', strangers: 'not_found' }];
  },
  publishPlan: async ({ asServer }) => {
    await asServer('POST', 'add-ons', { key: 'draft_stays', name: 'Draft stays' });
    await asServer('PUT', 'plans/draft_stays/draft', {});
    return [{ path: 'plans/draft_stays/publish', strangers: 'not_found' }];
  },
  listAddOns: () => [{ path: 'add-ons', strangers: 'own' }],
  createAddOn: ({ feature }) => [
    {
      path: 'add-ons',
      body: { key: 'more_calls', name: 'More calls', features: [{ feature: feature.key, limit: 1 }] },
      strangers: 'not_found',
    },
  ],
  getAddOn: ({ addOn }) => [
    { path: `add-ons/${addOn.id}`, strangers: 'not_found' },
    { path: `add-ons/${addOn.key}`, strangers: 'not_found' },
  ],
  listCoupons: () => [{ path: 'coupons', strangers: 'own' }],
  createCoupon: () => [
    { path: 'coupons', body: { key: 'ANOTHER', name: 'Another', percent_off: 10 }, strangers: 'own' },
  ],
  getCoupon: ({ coupon }) => [
    { path: `coupons/${coupon.id}`, strangers: 'not_found' },
    { path: `coupons/${coupon.key}`, strangers: 'not_found' },
  ],
  archiveCoupon: ({ coupon }) => [{ path: `coupons/${coupon.id}/archive`, strangers: 'not_found' }],
  listCustomerPrices: ({ customer }) => [{ path: `customers/${customer.id}/prices`, strangers: 'not_found' }],
  createCustomerPrice: async ({ plan, asServer }) => {
    const { body } = await asServer('POST', 'customers', { name: 'Pays less' });
    return [
      {
        path: `customers/${body['id']}/prices`,
        body: { price: plan.price, amount: 900 },
        strangers: 'not_found',
      },
    ];
  },
  archiveCustomerPrice: async ({ plan, asServer }) => {
    const { body: customer } = await asServer('POST', 'customers', { name: 'Paid less' });
    const own = { price: plan.price, amount: 900 };
    const { body: price } = await asServer('POST', `customers/${customer['id']}/prices`, own);
    return [{ path: `customers/${customer['id']}/prices/${price['id']}`, strangers: 'not_found' }];
  },
  resyncCatalog: () => [{ path: 'catalog/resync', strangers: 'own' }],
  getDefaultPlan: () => [{ path: 'default-plan', strangers: 'own' }],
  setDefaultPlan: ({ plan }) => [{ path: 'default-plan', body: { plan: plan.id }, strangers: 'not_found' }],
  correctUsage: ({ customer, meter }) => [
    {
      path: 'usage/corrections',
      body: {
        idempotency_key: 'correction_1',
        customer: customer.id,
        meter: meter.key,
        value: 1,
        reason: 'Counted too little.',
      },
      strangers: 'refused',
    },
  ],
  // Not those refused: what a stranger sent is shown to the stranger, and it named the victim's customer.
  listUsageEvents: ({ customer }) => [
    { path: 'usage/events?status=accepted', strangers: 'own' },
    { path: `usage/events?customer=${customer.id}`, strangers: 'not_found' },
  ],
  trackUsage: ({ customer, meter }) => [
    {
      path: 'usage/track',
      body: { idempotency_key: 'event_1', customer: customer.id, meter: meter.key, value: 1 },
      strangers: 'refused',
    },
  ],
  listUsage: ({ customer }) => [
    { path: 'usage', strangers: 'own' },
    { path: `usage?customer=${customer.id}`, strangers: 'not_found' },
  ],
  exploreUsage: ({ meter, customer }) => [
    { path: `usage/explore?meter=${meter.key}`, strangers: 'not_found' },
    { path: `usage/explore?meter=${meter.key}&customer=${customer.id}`, strangers: 'not_found' },
  ],
  getUsageSummary: () => [{ path: 'usage/summary', strangers: 'own' }],
  checkEntitlement: ({ customer, feature }) => [
    { path: `entitlements/check?customer=${customer.id}&feature=${feature.key}`, strangers: 'not_found' },
  ],
  streamEntitlements: ({ customer }) => [
    { path: 'entitlements/stream', strangers: 'own' },
    { path: `entitlements/stream?customer=${customer.id}`, strangers: 'own' },
  ],
  consumeEntitlement: ({ customer, feature }) => [
    {
      path: 'entitlements/consume',
      body: { idempotency_key: 'taken_1', customer: customer.id, feature: feature.key },
      strangers: 'not_found',
    },
  ],
  reserveEntitlement: ({ customer, feature }) => [
    {
      path: 'entitlements/reservations',
      body: { customer: customer.id, feature: feature.key },
      strangers: 'not_found',
    },
  ],
  confirmReservation: async (victim) => [
    {
      path: `entitlements/reservations/${await reserved(victim)}/confirm`,
      body: { quantity: 1 },
      strangers: 'not_found',
    },
  ],
  releaseReservation: async (victim) => [
    { path: `entitlements/reservations/${await reserved(victim)}/release`, strangers: 'not_found' },
  ],
  getCustomerEntitlements: ({ customer }) => [
    { path: `customers/${customer.id}/entitlements`, strangers: 'not_found' },
  ],
  estimateBill: ({ subscription }) => [
    { path: `subscriptions/${subscription.id}/estimate`, strangers: 'not_found' },
  ],
  getSpendCap: ({ customer }) => [{ path: `customers/${customer.id}/spend-cap`, strangers: 'not_found' }],
  setSpendCap: async ({ asServer }) => {
    const { body } = await asServer('POST', 'customers', { name: 'Spends less' });
    return [
      {
        path: `customers/${body['id']}/spend-cap`,
        body: { amount: 10_000, currency: 'usd' },
        strangers: 'not_found',
      },
    ];
  },
  removeSpendCap: async ({ asServer }) => {
    const { body } = await asServer('POST', 'customers', { name: 'Spent less' });
    await asServer('PUT', `customers/${body['id']}/spend-cap`, { amount: 10_000, currency: 'usd' });
    return [{ path: `customers/${body['id']}/spend-cap`, strangers: 'not_found' }];
  },
  listEntitlementOverrides: ({ customer }) => [
    { path: `customers/${customer.id}/entitlement-overrides`, strangers: 'not_found' },
  ],
  createEntitlementOverride: async ({ feature, asServer }) => {
    const { body } = await asServer('POST', 'customers', { name: 'Gets more' });
    return [
      {
        path: `customers/${body['id']}/entitlement-overrides`,
        body: { feature: feature.key, limit: 500, mode: 'add', reason: 'pilot' },
        strangers: 'not_found',
      },
    ];
  },
  removeEntitlementOverride: async ({ feature, asServer }) => {
    const { body: customer } = await asServer('POST', 'customers', { name: 'Got more' });
    const { body: override } = await asServer('POST', `customers/${customer['id']}/entitlement-overrides`, {
      feature: feature.key,
      limit: 500,
      reason: 'pilot',
    });
    return [
      { path: `customers/${customer['id']}/entitlement-overrides/${override['id']}`, strangers: 'not_found' },
    ];
  },
  listSubscriptions: ({ customer }) => [
    { path: 'subscriptions', strangers: 'own' },
    { path: `subscriptions?customer=${customer.id}`, strangers: 'not_found' },
  ],
  createSubscription: async ({ plan, asServer }) => {
    const { body } = await asServer('POST', 'customers', { name: 'Subscribes' });
    return [
      {
        path: 'subscriptions',
        body: { customer: body['id'], plan: plan.id, price: plan.price, payment_method: 'pm_card_visa' },
        strangers: 'not_found',
      },
    ];
  },
  getSubscriptionsSummary: () => [{ path: 'subscriptions/summary', strangers: 'own' }],
  getSubscription: ({ subscription }) => [
    { path: `subscriptions/${subscription.id}`, strangers: 'not_found' },
  ],
  cancelSubscription: ({ subscription }) => [
    { path: `subscriptions/${subscription.id}/cancel`, body: {}, strangers: 'not_found' },
  ],
  previewSubscriptionChange: ({ subscription }) => [
    {
      path: `subscriptions/${subscription.id}/preview-change`,
      body: { quantity: 2 },
      strangers: 'not_found',
    },
  ],
  changeSubscription: async (victim) => [
    {
      path: `subscriptions/${await subscribed(victim)}/change`,
      body: { quantity: 2 },
      strangers: 'not_found',
    },
  ],
  undoScheduledChange: async (victim) => {
    const id = await subscribed(victim, { quantity: 3 });
    await victim.asServer('POST', `subscriptions/${id}/change`, { quantity: 1 });
    return [{ path: `subscriptions/${id}/scheduled-change`, strangers: 'not_found' }];
  },
  pauseSubscription: async (victim) => [
    { path: `subscriptions/${await subscribed(victim)}/pause`, body: {}, strangers: 'not_found' },
  ],
  resumeSubscription: async (victim) => {
    const id = await subscribed(victim);
    await victim.asServer('POST', `subscriptions/${id}/pause`, {});
    return [{ path: `subscriptions/${id}/resume`, strangers: 'not_found' }];
  },
  extendTrial: async (victim) => [
    {
      path: `subscriptions/${await subscribed(victim, { plan: 'on_trial' })}/extend-trial`,
      body: { trial_end: new Date(Date.now() + 60 * 24 * 3_600_000).toISOString() },
      strangers: 'not_found',
    },
  ],
  endTrial: async (victim) => [
    {
      path: `subscriptions/${await subscribed(victim, { plan: 'on_trial' })}/end-trial`,
      strangers: 'not_found',
    },
  ],
  getAffectedSubscribers: ({ plan }) => [{ path: `plans/${plan.id}/affected`, strangers: 'not_found' }],
  previewPlanMigration: ({ plan }) => [
    { path: `plans/${plan.id}/preview-migration`, body: {}, strangers: 'not_found' },
  ],
  startPlanMigration: ({ plan }) => [
    { path: `plans/${plan.id}/migrations`, body: { from_versions: [1] }, strangers: 'not_found' },
  ],
  listPlanMigrations: ({ plan }) => [{ path: `plans/${plan.id}/migrations`, strangers: 'not_found' }],
  getPlanMigration: async ({ plan, asOwner }) => {
    const started = await asOwner('POST', `plans/${plan.id}/migrations`, {});
    return [{ path: `plan-migrations/${started.body['id']}`, strangers: 'not_found' }];
  },
  getUsageSettings: () => [{ path: 'usage-settings', strangers: 'own' }],
  updateUsageSettings: () => [{ path: 'usage-settings', body: { grace_minutes: 90 }, strangers: 'own' }],
  getSubscriptionSettings: () => [{ path: 'subscription-settings', strangers: 'own' }],
  updateSubscriptionSettings: () => [
    { path: 'subscription-settings', body: { automatic_tax: false }, strangers: 'own' },
  ],
  createCheckoutSession: async ({ plan, asServer }) => {
    const { body } = await asServer('POST', 'customers', { name: 'Checks out' });
    return [
      {
        path: 'checkout/sessions',
        body: {
          customer: body['id'],
          plan: plan.id,
          success_url: 'http://localhost/yes',
          cancel_url: 'http://localhost/no',
        },
        strangers: 'not_found',
      },
    ];
  },
  listInvoices: ({ customer, subscription }) => [
    { path: 'invoices', strangers: 'own' },
    { path: `invoices?customer=${customer.id}`, strangers: 'not_found' },
    { path: `invoices?subscription=${subscription.id}`, strangers: 'own' },
  ],
  getInvoicesSummary: () => [{ path: 'invoices/summary', strangers: 'own' }],
  getInvoice: ({ invoice }) => [{ path: `invoices/${invoice.id}`, strangers: 'not_found' }],
  payInvoice: ({ openInvoices: [invoice] }) => [
    {
      path: `invoices/${invoice}/pay`,
      body: { payment_method: 'pm_card_visa' },
      strangers: 'not_found',
    },
  ],
  voidInvoice: ({ openInvoices: [, invoice] }) => [
    { path: `invoices/${invoice}/void`, strangers: 'not_found' },
  ],
  createCreditNote: ({ openInvoices: [, , , invoice] }) => [
    { path: `invoices/${invoice}/credit-notes`, body: { amount: 100 }, strangers: 'not_found' },
  ],
  getCustomerBalance: ({ customer }) => [
    { path: `customers/${customer.id}/balance`, strangers: 'not_found' },
  ],
  adjustCustomerBalance: ({ customer }) => [
    {
      path: `customers/${customer.id}/balance`,
      body: { amount: 100, currency: 'usd' },
      strangers: 'not_found',
    },
  ],
  refundInvoice: ({ invoice }) => [
    { path: `invoices/${invoice.id}/refund`, body: { amount: 100 }, strangers: 'not_found' },
  ],
  listRefunds: ({ invoice }) => [
    { path: 'refunds', strangers: 'own' },
    { path: `refunds?invoice=${invoice.id}`, strangers: 'own' },
  ],
  listDisputes: () => [{ path: 'disputes', strangers: 'own' }],
  getDispute: ({ disputes: [dispute] }) => [{ path: `disputes/${dispute}`, strangers: 'not_found' }],
  submitDisputeEvidence: ({ disputes: [dispute] }) => [
    {
      path: `disputes/${dispute}/evidence`,
      body: { text: 'They signed in every day.' },
      strangers: 'not_found',
    },
  ],
  closeDispute: ({ disputes: [, dispute] }) => [
    { path: `disputes/${dispute}/close`, strangers: 'not_found' },
  ],
  getPaymentSettings: () => [{ path: 'payment-settings', strangers: 'own' }],
  updatePaymentSettings: () => [
    { path: 'payment-settings', body: { dispute_policy: 'keep' }, strangers: 'own' },
  ],
  releaseInvoice: ({ invoice }) => [
    { path: `invoices/${invoice.id}/release`, refused: 'invoice_not_parked', strangers: 'not_found' },
  ],
  markInvoiceUncollectible: ({ openInvoices: [, , invoice] }) => [
    { path: `invoices/${invoice}/mark-uncollectible`, strangers: 'not_found' },
  ],
  listConsumerKeys: ({ customer, project }) => [
    { path: 'keys', strangers: 'own' },
    { path: `keys?customer=${customer.id}`, strangers: 'not_found' },
    { path: `keys?project=${project}`, strangers: 'not_found' },
  ],
  createConsumerKey: ({ customer, project }) => [
    { path: 'keys', body: { customer: customer.id, name: 'Another', project }, strangers: 'not_found' },
  ],
  getConsumerKey: ({ consumerKey }) => [{ path: `keys/${consumerKey.id}`, strangers: 'not_found' }],
  updateConsumerKey: ({ consumerKey }) => [
    { path: `keys/${consumerKey.id}`, body: { name: 'Changed' }, strangers: 'not_found' },
  ],
  rotateConsumerKey: async ({ customer, asServer }) => {
    const { body } = await asServer('POST', 'keys', { customer: customer.id, name: 'to be rotated' });
    return [{ path: `keys/${body['id']}/rotate`, body: { grace_seconds: 60 }, strangers: 'not_found' }];
  },
  revokeConsumerKey: ({ consumerKey }) => [{ path: `keys/${consumerKey.id}/revoke`, strangers: 'not_found' }],
  // A key of somebody else is an unknown one; nothing of it is told.
  verifyConsumerKey: ({ consumerKey }) => [
    { path: 'keys/verify', body: { key: consumerKey.secret }, strangers: 'own' },
  ],
  getConsumerKeySettings: () => [{ path: 'key-settings', strangers: 'own' }],
  updateConsumerKeySettings: () => [
    {
      path: 'key-settings',
      body: { key_prefix: 'acme', key_rate_limit: { limit: 1_000, window_seconds: 1 } },
      strangers: 'own',
    },
  ],
  trackRequests: ({ customer, consumerKey }) => [
    {
      path: 'track',
      body: { endpoint: '/a', method: 'GET', status_code: 200, response_time_ms: 1, customer: customer.id },
      strangers: 'refused',
    },
    {
      path: 'track',
      body: { endpoint: '/a', method: 'GET', status_code: 200, response_time_ms: 1, key: consumerKey.id },
      strangers: 'refused',
    },
  ],
  listRequests: ({ customer, consumerKey, project }) => [
    { path: 'requests', strangers: 'own' },
    { path: `requests?customer=${customer.id}`, strangers: 'not_found' },
    { path: `requests?key=${consumerKey.id}`, strangers: 'not_found' },
    { path: `requests?project=${project}`, strangers: 'not_found' },
  ],
  summarizeRequests: ({ customer }) => [
    { path: 'requests/summary', strangers: 'own' },
    { path: 'requests/summary?group_by=customer', strangers: 'own' },
    { path: `requests/summary?customer=${customer.id}`, strangers: 'not_found' },
  ],
  exportRequests: ({ customer }) => [
    { path: 'requests/export', strangers: 'own' },
    { path: `requests/export?customer=${customer.id}`, strangers: 'not_found' },
  ],
  getRequestLogSettings: () => [{ path: 'request-log-settings', strangers: 'own' }],
  updateRequestLogSettings: () => [
    { path: 'request-log-settings', body: { retention_days: 90 }, strangers: 'own' },
  ],
  listProjects: ({ customer }) => [
    { path: 'projects', strangers: 'own' },
    { path: `projects?customer=${customer.id}`, strangers: 'not_found' },
  ],
  createProject: ({ customer, feature }) => [
    {
      path: 'projects',
      body: { customer: customer.id, name: 'Second app', quota_feature: feature.key },
      strangers: 'not_found',
    },
  ],
  getProject: ({ project }) => [{ path: `projects/${project}`, strangers: 'not_found' }],
  updateProject: ({ project }) => [
    { path: `projects/${project}`, body: { name: 'Renamed' }, strangers: 'not_found' },
  ],
  markInvoicePaid: async ({ writeInvoice }) => [
    {
      path: `invoices/${await writeInvoice()}/mark-paid`,
      body: { reference: 'SEPA 1' },
      strangers: 'not_found',
    },
  ],
  getInvoicePdf: ({ manualInvoice }) => [{ path: `invoices/${manualInvoice}/pdf`, strangers: 'not_found' }],
  voidCreditNote: async ({ writeInvoice, asServer }) => {
    const id = await writeInvoice();
    const { body } = await asServer('POST', `invoices/${id}/credit-notes`, { amount: 1 });
    return [{ path: `credit-notes/${body['id']}/void`, strangers: 'not_found' }];
  },
  getInvoiceSettings: () => [{ path: 'invoice-settings', strangers: 'own' }],
  updateInvoiceSettings: () => [{ path: 'invoice-settings', body: { prefix: 'ABC' }, strangers: 'own' }],
  receiveStripeEvent: ({ stripeAccount }) => [
    { ...signedEvent(stripeAccount, 'evt_received'), strangers: 'refused' },
  ],
  listWebhookEvents: () => [{ path: 'webhook-events', strangers: 'own' }],
  listReconciliationRuns: () => [{ path: 'reconciliation/runs', strangers: 'own' }],
  startReconciliation: () => [{ path: 'reconciliation/runs', strangers: 'own' }],
  getReconciliationRun: ({ reconciliation }) => [
    { path: `reconciliation/runs/${reconciliation}`, strangers: 'not_found' },
  ],
  listDiscrepancies: ({ reconciliation }) => [
    { path: 'reconciliation/discrepancies', strangers: 'own' },
    { path: `reconciliation/discrepancies?run=${reconciliation}`, strangers: 'not_found' },
  ],
  listStripeImports: () => [{ path: 'stripe-imports', strangers: 'own' }],
  startStripeImport: () => [{ path: 'stripe-imports', body: {}, strangers: 'own' }],
  getStripeImport: ({ stripeImport }) => [{ path: `stripe-imports/${stripeImport}`, strangers: 'not_found' }],
  listStripeImportItems: ({ stripeImport }) => [
    { path: `stripe-imports/${stripeImport}/items`, strangers: 'not_found' },
  ],
  replayWebhookEvent: ({ webhookEvent }) => [
    { path: `webhook-events/${webhookEvent}/replay`, strangers: 'not_found' },
  ],
};

/** A subscription of a new customer of the victim. */
async function subscribed(
  { asServer }: Victim,
  wish: { plan?: string; quantity?: number } = {},
): Promise<string> {
  const customer = await asServer('POST', 'customers', { name: 'Subscribed' });
  const { body } = await asServer('POST', 'subscriptions', {
    customer: customer.body['id'],
    plan: 'pro',
    payment_method: 'pm_card_visa',
    ...wish,
  });
  return String(body['id']);
}

/** Holds a unit of what the customer may use. */
async function reserved({ asServer, customer, feature }: Victim): Promise<string> {
  const held = await asServer('POST', 'entitlements/reservations', {
    customer: customer.id,
    feature: feature.key,
  });
  return String(held.body['reservation_id']);
}

/** Fills a tenant with an object of every kind. */
export async function fillVictim(stack: TestStack): Promise<Victim> {
  const tenant = await stack.newConnectedTenant();
  const { asOwner, asServer, environment_id: environmentId } = tenant;
  const { owner } = stack.database;
  const feature = await asServer('POST', 'features', { key: 'api_calls', name: 'Calls', type: 'metered' });
  const meter = await asServer('GET', 'meters/api_calls');
  const plan = await asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
    features: [{ feature: 'api_calls', limit: 1_000 }],
  });
  await asServer('POST', 'plans', {
    key: 'on_trial',
    name: 'On trial',
    prices: [{ amount: 900, currency: 'usd', interval: 'month' }],
    trial: { days: 14, requires_card: true, end: 'cancel' },
  });
  const addOn = await asServer('POST', 'add-ons', {
    key: 'support',
    name: 'Support',
    prices: [{ amount: 900, currency: 'usd', interval: 'month' }],
  });
  await asServer('PUT', 'plans/support/draft', { features: [{ feature: 'api_calls', limit: 10 }] });
  const coupon = await asServer('POST', 'coupons', { key: 'SPRING', name: 'Spring', percent_off: 25 });
  const customer = await asServer('POST', 'customers', { external_id: 'user_42', email: 'ada@victim.test' });
  const subscription = await asServer('POST', 'subscriptions', {
    customer: 'user_42',
    plan: 'pro',
    payment_method: 'pm_card_visa',
  });
  await asServer('POST', 'customers/user_42/prices', {
    price: plan.body['prices'][0].id,
    amount: 1_500,
  });
  await asServer('POST', 'entitlements/reservations', { customer: 'user_42', feature: 'api_calls' });
  await owner.query(
    `insert into usage_rejections (environment_id, id, customer, code, reason, received_at)
     values ($1, 'evt_rejected', 'user_42', 'meter_unknown', 'There is no such meter.', now())`,
    [environmentId],
  );
  await asServer('POST', 'usage/track', {
    idempotency_key: 'event_0',
    customer: 'user_42',
    meter: 'api_calls',
    value: 5,
  });
  await asServer('GET', 'entitlements/check?customer=user_42&feature=api_calls');
  const { stripe_account_id: stripeAccount } = (await asOwner('GET', 'stripe-account')).body;
  await openInvoices(stack, tenant, 6);
  await stack.app.get(SyncInvoices).sync(environmentId, customer.body['id']);
  const paid = await asServer('GET', 'invoices?customer=user_42&status=paid');
  const invoice = await asServer('GET', `invoices/${paid.body['data'][0].id}`);
  const open = await asServer('GET', 'invoices?customer=user_42&status=open');
  const [first, second, ...unpaid] = open.body['data'].map(({ id }: { id: string }) => id);
  for (const id of [first, second]) {
    await asServer('POST', `invoices/${id}/pay`, { payment_method: 'pm_card_createDispute' });
    await stack.app.get(TakeOverPayments).take(environmentId, id);
  }
  const disputes = await asServer('GET', 'disputes');
  await asServer('POST', `invoices/${unpaid[0]}/credit-notes`, { amount: 100 });
  await asServer('POST', `invoices/${invoice.body['id']}/refund`, { amount: 100 });
  await asOwner('PATCH', 'payment-settings', { dispute_policy: 'keep' });
  const event = signedEvent(stripeAccount, 'evt_stored');
  await stack.send('POST', event.path, event.body, event.headers);
  const events = await asOwner('GET', 'webhook-events');
  const key = await asOwner('POST', 'api-keys', { name: 'to be revoked', type: 'publishable' });
  // Of what answers a POST here, the one that changes nothing.
  const slackWebhook = `${stack.emulator.url}/_emulator/webhooks/resume`;
  await asOwner('PATCH', 'notification-settings', { slack_webhook_url: slackWebhook });
  const alert = await raiseAlert(stack, environmentId);
  const email = await writeEmail(stack, environmentId);
  await asOwner('PATCH', 'email-settings', { reply_to: 'help@victim.test' });
  await asOwner('PATCH', 'key-settings', { customer_rate_limit: { limit: 10_000, window_seconds: 1 } });
  const project = await asServer('POST', 'projects', { customer: 'user_42', name: 'App' });
  const consumerKey = await asServer('POST', 'keys', {
    customer: 'user_42',
    project: project.body['id'],
    name: 'Production',
  });
  const newRecovery = () =>
    addRecovery(stack, tenant, { customer: customer.body['id'], subscription: subscription.body['id'] });
  const recovery = await newRecovery();
  await stack.send('POST', recovery.survey, { reason: 'other', comment: 'Canary comment' });
  await asOwner('PATCH', 'recovery-settings', { final_action: 'keep' });
  const logged = { method: 'GET', status_code: 200, response_time_ms: 12, customer: 'user_42' };
  await asServer('POST', 'track', { endpoint: '/users/1', ...logged, idempotency_key: 'call_0' });
  await stack.app.get(RequestLogsService).rollUp();
  await asServer('PATCH', `meters/${meter.body['id']}`, { group_by: ['model'] });
  await stack.app.get(RollUpUsage).rollUp();
  await asServer('POST', 'track', { endpoint: '/users/2', ...logged });
  await asOwner('PATCH', 'request-log-settings', { retention_days: 7 });
  const writeInvoice = () => writeManualInvoice(stack, tenant);
  const manualInvoice = await writeInvoice();
  const job = await owner.query<{ id: string }>(
    `update outbox set state = 'failed', finished_at = now()
     where environment_id = $1 and name = 'catalog.sync_meter' returning id`,
    [environmentId],
  );
  const creditPack = await tenant.asServer('POST', 'credits/packs', {
    key: 'small',
    name: 'Small',
    credits: 50,
    amount: 1_000,
    currency: 'usd',
  });
  await tenant.asServer('PUT', `customers/${customer.body['id']}/credits/auto-top-up`, {
    pack: 'small',
    below: 1,
    amount_max_per_month: 1_000,
    enabled: false,
  });
  const creditGrant = await tenant.asServer('POST', `customers/${customer.body['id']}/credits/grants`, {
    quantity: 100,
  });
  return {
    ...tenant,
    writeInvoice,
    manualInvoice,
    stripeAccount,
    customer: { id: customer.body['id'], external_id: 'user_42' },
    meter: { id: meter.body['id'], key: 'api_calls' },
    feature: { id: feature.body['id'], key: 'api_calls' },
    plan: { id: plan.body['id'], key: 'pro', price: plan.body['prices'][0].id },
    addOn: { id: addOn.body['id'], key: 'support' },
    coupon: { id: coupon.body['id'], key: 'spring' },
    subscription: { id: subscription.body['id'] },
    invoice: { id: invoice.body['id'], line: invoice.body['lines'][0].id },
    openInvoices: unpaid,
    disputes: disputes.body['data'].map(({ id }: { id: string }) => id),
    failedJob: job.rows[0]?.id ?? 'none',
    webhookEvent: events.body['data'][0].id,
    apiKey: key.body['id'],
    alert,
    email,
    project: project.body['id'],
    consumerKey: { id: consumerKey.body['id'], secret: consumerKey.body['secret'] },
    recovery,
    newRecovery,
    slackWebhook,
    creditGrant: creditGrant.body['id'],
    creditPack: creditPack.body['id'],
    topUp: await addTopUpPage(stack, tenant, customer.body['id'], creditPack.body['id']),
    reconciliation: await addReconciliation(stack, tenant),
    stripeImport: await addStripeImport(stack, tenant),
  };
}

async function writeManualInvoice(stack: TestStack, tenant: Tenant): Promise<string> {
  const customer = await tenant.asServer('POST', 'customers', { name: 'Pays by transfer' });
  const { body: subscription } = await tenant.asServer('POST', 'subscriptions', {
    customer: customer.body['id'],
    plan: 'pro',
    billing: 'manual',
  });
  await stack.app.get(BillSubscriptions).bill(tenant.environment_id, subscription['id']);
  const { body } = await tenant.asServer('GET', `invoices?subscription=${subscription['id']}`);
  return String(body['data'][0].id);
}

/** A run with a discrepancy that was found in it. */
async function addReconciliation(stack: TestStack, tenant: Tenant): Promise<string> {
  const { body } = await tenant.asOwner('POST', 'reconciliation/runs');
  const { owner } = stack.database;
  await owner.query(
    `insert into discrepancies (environment_id, id, run_id, kind, cause, object_id, before, after, found_at)
     values ($1, $2, $3, 'subscription', 'differs', 'sub_1', '{}', '{}', now())`,
    [tenant.environment_id, newId('discrepancy'), body['id']],
  );
  await owner.query(`insert into reconciliation_seen values ($1, $2, 'sub_stripe')`, [
    tenant.environment_id,
    body['id'],
  ]);
  return body['id'];
}

async function addRecovery(
  stack: TestStack,
  tenant: Tenant,
  ids: { customer: string; subscription: string },
): Promise<VictimRecovery> {
  const { environment_id: environmentId, asServer } = tenant;
  const { stripe, account } = await stack.stripeOf(tenant);
  const options = { stripeAccount: account };
  const { body: customer } = await asServer('GET', `customers/${ids.customer}`);
  const stripeCustomer: string = customer['stripe_customer_id'];
  const made = await stripe.invoices.create({ customer: stripeCustomer }, options);
  await stripe.invoiceItems.create(
    { customer: stripeCustomer, invoice: made.id, amount: 500, currency: 'usd', description: 'Canary line' },
    options,
  );
  await stripe.invoices.finalizeInvoice(made.id, { auto_advance: false }, options);
  const invoice = await stack.app.get(TakeOverInvoice).take(environmentId, made.id);
  const id = newId('recovery');
  await stack.database.owner.query(
    `insert into recoveries (environment_id, id, invoice_id, customer_id, subscription_id, state, owner, currency,
       amount, failures, first_failed_at, created_at, updated_at)
     values ($1, $2, $3, $4, $5, 'recovering', 'billingos', 'usd', 500, 1, now(), now(), now())`,
    [environmentId, id, invoice, ids.customer, ids.subscription],
  );
  const link = (purpose: 'pay' | 'survey') =>
    stack.app
      .get(Database)
      .tenant(environmentId, () => stack.app.get(CustomerLinks).make(environmentId, id, purpose));
  const pay = new URL(await link('pay')).pathname.slice(1);
  const survey = new URL(await link('survey')).pathname.slice(1);
  return {
    id,
    pay,
    survey,
    confirmCard: async () => {
      const { body } = await stack.send('POST', `${pay}/card-form`);
      const intent = String(body['client_secret']).split('_secret_')[0] ?? '';
      await stripe.setupIntents.confirm(intent, { payment_method: 'pm_card_visa' }, options);
      return intent;
    },
  };
}

async function addTopUpPage(stack: TestStack, tenant: Tenant, customer: string, pack: string) {
  const { stripe, account } = await stack.stripeOf(tenant);
  const link = await tenant.asServer('POST', `customers/${customer}/credits/top-up-links`, {});
  const path = new URL(link.body['url']).pathname.slice(1);
  const confirmCard = async () => {
    const { body } = await stack.send('POST', `${path}/card-form`);
    const intent = String(body['client_secret']).split('_secret_')[0] ?? '';
    await stripe.setupIntents.confirm(intent, { payment_method: 'pm_card_visa' }, { stripeAccount: account });
    return intent;
  };
  const bought = await stack.send('POST', `${path}/buy`, {
    idempotency_key: 'page_1',
    pack,
    setup_intent: await confirmCard(),
  });
  return { path, purchase: bought.body['id'], confirmCard };
}

async function writeEmail(stack: TestStack, environmentId: string): Promise<string> {
  await stack.app.get(Database).tenant(environmentId, () =>
    stack.app.get(MailService).send(environmentId, {
      dedupe_key: 'test',
      kind: 'test',
      to: 'ada@victim.test',
      subject: 'Only a test',
      body: () => createElement('p', null, 'It is only a test.'),
    }),
  );
  const { rows } = await stack.database.owner.query<{ id: string }>(
    'select id from emails where environment_id = $1',
    [environmentId],
  );
  return rows[0]?.id ?? 'none';
}

/** An import that is over, with an object in it. */
async function addStripeImport(stack: TestStack, { environment_id: environmentId }: Tenant): Promise<string> {
  const id = newId('stripe_import');
  const { owner } = stack.database;
  await owner.query(
    `insert into stripe_imports (environment_id, id, dry_run, groups, state, phase, started_at, progressed_at, finished_at)
     values ($1, $2, true, 'shared', 'done', 'done', now(), now(), now())`,
    [environmentId, id],
  );
  await owner.query(
    `insert into stripe_import_items (environment_id, id, import_id, kind, stripe_id, outcome, created_at)
     values ($1, $2, $3, 'product', 'prod_1', 'create', now())`,
    [environmentId, newId('stripe_import_item'), id],
  );
  return id;
}

async function raiseAlert(stack: TestStack, environmentId: string): Promise<string> {
  await stack.app.get(AlertsService).raise(environmentId, {
    kind: 'test',
    dedupe_key: 'test',
    title: 'Something to look at',
    detail: 'It is only a test.',
    target: { type: 'environment', id: environmentId },
  });
  const { rows } = await stack.database.owner.query<{ id: string }>(
    'select id from alerts where environment_id = $1',
    [environmentId],
  );
  return rows[0]?.id ?? 'none';
}

/** Makes open invoices of the customer on Stripe. */
async function openInvoices(stack: TestStack, tenant: Tenant, count: number): Promise<void> {
  const { stripe, account: stripeAccount } = await stack.stripeOf(tenant);
  const { body } = await tenant.asServer('GET', 'customers/user_42');
  const customer: string = body['stripe_customer_id'];
  for (let made = 0; made < count; made++) {
    await stripe.invoiceItems.create({ customer, amount: 500, currency: 'usd' }, { stripeAccount });
    const draft = await stripe.invoices.create(
      { customer, pending_invoice_items_behavior: 'include' },
      { stripeAccount },
    );
    await stripe.invoices.finalizeInvoice(draft.id, {}, { stripeAccount });
  }
}

function signedEvent(account: string, id: string) {
  const body = JSON.stringify({
    id,
    object: 'event',
    account,
    livemode: false,
    type: 'customer.updated',
    data: { object: { id: 'cus_unknown', object: 'customer' } },
  });
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret: webhookSecret });
  return { path: 'webhooks/stripe/test', body, headers: { 'stripe-signature': signature } };
}
