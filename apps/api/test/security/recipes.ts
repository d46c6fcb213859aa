import { randomUUID } from 'node:crypto';
import { signedEvent, type Victim } from './victim.ts';

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

/** A valid request, or several, for each operation of the OpenAPI document. */
export const recipes: Record<string, (victim: Victim) => Attempt[] | Promise<Attempt[]>> = {
  listJobs: () => [{ path: 'jobs', strangers: 'own' }],
  retryJob: ({ failedJob }) => [{ path: `jobs/${failedJob}/retry`, strangers: 'not_found' }],
  listAuditLog: () => [{ path: 'audit-log?limit=100', strangers: 'own' }],
  getMe: () => [{ path: 'me', strangers: 'own' }],
  createMerchant: () => [{ path: 'merchants', body: { name: 'Second' }, strangers: 'own' }],
  listApiKeys: () => [{ path: 'api-keys', strangers: 'own' }],
  createApiKey: () => [{ path: 'api-keys', body: { name: 'another', type: 'secret' }, strangers: 'own' }],
  rotateApiKey: async ({ asOwner }) => {
    const { body } = await asOwner('POST', 'api-keys', { name: 'to be rotated', type: 'secret' });
    return [{ path: `api-keys/${body['id']}/rotate`, body: { grace_seconds: 60 }, strangers: 'not_found' }];
  },
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
  settleDiscrepancy: ({ discrepancy }) => [
    { path: `reconciliation/discrepancies/${discrepancy}/settle`, strangers: 'not_found' },
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
