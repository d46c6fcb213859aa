import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BillingOS } from '../src/client.ts';
import { version } from '../src/version.ts';
import { type RecordingServer, sendJson, startRecordingServer } from './recording-server.ts';

interface Manifest {
  version: string;
  scripts: { generate: string };
}

type OpenApi = { paths: Record<string, Record<string, { operationId: string; tags: string[] }>> };

const packageDir = fileURLToPath(new URL('..', import.meta.url));
const readText = (path: string) => readFileSync(join(packageDir, path), 'utf8');
// Declared boundary: two files of this repository, whose shapes their writers guarantee.
const document: OpenApi = JSON.parse(readText('../../apps/api/openapi.json'));
const manifest: Manifest = JSON.parse(readText('package.json'));

const event = { idempotency_key: 'key_1', customer: 'user_42', meter: 'api_calls', value: 1 };
const call = { endpoint: '/users', method: 'GET', status_code: 200, response_time_ms: 12 } as const;

/** How each operation is called. The test below compares what is sent with the document. */
const calls: Record<string, (billing: BillingOS) => PromiseLike<unknown>> = {
  listCustomers: ({ customers }) => customers.list(),
  createCustomer: ({ customers }) => customers.create({ external_id: 'user_42' }),
  getCustomer: ({ customers }) => customers.retrieve('user_42'),
  updateCustomer: ({ customers }) => customers.update('user_42', { name: 'Ada' }),
  listEntitlementOverrides: ({ entitlements }) => entitlements.listOverrides('user_42'),
  createEntitlementOverride: ({ entitlements }) =>
    entitlements.createOverride('user_42', { feature: 'api_calls', limit: 500, reason: 'pilot' }),
  removeEntitlementOverride: ({ entitlements }) => entitlements.removeOverride('user_42', 'ovr_1'),
  getSpendCap: ({ customers }) => customers.retrieveSpendCap('user_42'),
  setSpendCap: ({ customers }) => customers.setSpendCap('user_42', { amount: 10_000, currency: 'usd' }),
  removeSpendCap: ({ customers }) => customers.removeSpendCap('user_42'),
  estimateBill: ({ subscriptions }) => subscriptions.estimate('sub_1'),
  getCustomerEntitlements: ({ entitlements }) => entitlements.ofCustomer('user_42'),
  listMeters: ({ meters }) => meters.list(),
  createMeter: ({ meters }) => meters.create({ key: 'api_calls', name: 'API calls', aggregation: 'sum' }),
  updateMeter: ({ meters }) => meters.update('api_calls', { name: 'Calls' }),
  getMeter: ({ meters }) => meters.retrieve('api_calls'),
  listFeatures: ({ features }) => features.list(),
  createFeature: ({ features }) => features.create({ key: 'exports', name: 'Exports', type: 'boolean' }),
  getFeature: ({ features }) => features.retrieve('exports'),
  updateFeature: ({ features }) => features.update('api_calls', { credit_cost: 2.5 }),
  getCreditBalance: ({ credits }) => credits.balance('user_42'),
  updateCreditBalance: ({ credits }) => credits.update('user_42', { low_at: 100 }),
  listCreditGrants: ({ credits }) => credits.grants('user_42'),
  createCreditGrant: ({ credits }) => credits.grant('user_42', { quantity: 500 }),
  listCreditEntries: ({ credits }) => credits.entries('user_42'),
  listCreditPacks: ({ credits }) => credits.packs(),
  createCreditPack: ({ credits }) =>
    credits.createPack({ key: 'small', name: 'Small', credits: 500, amount: 1_000, currency: 'usd' }),
  archiveCreditPack: ({ credits }) => credits.archivePack('small'),
  listCreditTopUps: ({ credits }) => credits.topUps('user_42'),
  buyCredits: ({ credits }) => credits.topUp('user_42', { idempotency_key: 'top_up_1', pack: 'small' }),
  createTopUpLink: ({ credits }) => credits.createTopUpLink('user_42', { expires_in_hours: 2 }),
  getAutoTopUp: ({ credits }) => credits.autoTopUp('user_42'),
  setAutoTopUp: ({ credits }) =>
    credits.setAutoTopUp('user_42', { pack: 'small', below: 100, amount_max_per_month: 5_000 }),
  voidCreditGrant: ({ credits }) => credits.void('cgr_1'),
  restoreCreditGrant: ({ credits }) => credits.restore('cgr_1'),
  listPlans: ({ plans }) => plans.list(),
  createPlan: ({ plans }) => plans.create({ key: 'pro', name: 'Pro' }),
  getPlan: ({ plans }) => plans.retrieve('pro'),
  updatePlan: ({ plans }) => plans.update('pro', { name: 'Professional' }),
  archivePlan: ({ plans }) => plans.archive('pro'),
  unarchivePlan: ({ plans }) => plans.unarchive('pro'),
  listPlanVersions: ({ plans }) => plans.listVersions('pro'),
  getPlanDraft: ({ plans }) => plans.retrieveDraft('pro'),
  putPlanDraft: ({ plans }) => plans.saveDraft('pro', { features: [{ feature: 'exports' }] }),
  discardPlanDraft: ({ plans }) => plans.discardDraft('pro'),
  publishPlan: ({ plans }) => plans.publish('pro'),
  listAddOns: ({ addOns }) => addOns.list(),
  createAddOn: ({ addOns }) => addOns.create({ key: 'seats', name: 'Seats' }),
  getAddOn: ({ addOns }) => addOns.retrieve('seats'),
  listCoupons: ({ coupons }) => coupons.list(),
  createCoupon: ({ coupons }) => coupons.create({ key: 'SPRING', name: 'Spring', percent_off: 25 }),
  getCoupon: ({ coupons }) => coupons.retrieve('SPRING'),
  archiveCoupon: ({ coupons }) => coupons.archive('SPRING'),
  listCustomerPrices: ({ customers }) => customers.listPrices('user_42'),
  createCustomerPrice: ({ customers }) =>
    customers.createPrice('user_42', { price: 'price_1', amount: 1_500 }),
  archiveCustomerPrice: ({ customers }) => customers.archivePrice('user_42', 'price_2'),
  listSubscriptions: ({ subscriptions }) => subscriptions.list(),
  createSubscription: ({ subscriptions }) => subscriptions.create({ customer: 'user_42', plan: 'pro' }),
  getSubscription: ({ subscriptions }) => subscriptions.retrieve('sub_1'),
  cancelSubscription: ({ subscriptions }) => subscriptions.cancel('sub_1'),
  previewSubscriptionChange: ({ subscriptions }) => subscriptions.previewChange('sub_1', { plan: 'team' }),
  changeSubscription: ({ subscriptions }) => subscriptions.change('sub_1', { plan: 'team' }),
  undoScheduledChange: ({ subscriptions }) => subscriptions.undoScheduledChange('sub_1'),
  pauseSubscription: ({ subscriptions }) => subscriptions.pause('sub_1'),
  resumeSubscription: ({ subscriptions }) => subscriptions.resume('sub_1'),
  extendTrial: ({ subscriptions }) =>
    subscriptions.extendTrial('sub_1', { trial_end: '2030-01-01T00:00:00Z' }),
  endTrial: ({ subscriptions }) => subscriptions.endTrial('sub_1'),
  listInvoices: ({ invoices }) => invoices.list(),
  getInvoice: ({ invoices }) => invoices.retrieve('inv_1'),
  payInvoice: ({ invoices }) => invoices.pay('inv_1'),
  voidInvoice: ({ invoices }) => invoices.void('inv_1'),
  releaseInvoice: ({ invoices }) => invoices.release('inv_1'),
  markInvoiceUncollectible: ({ invoices }) => invoices.markUncollectible('inv_1'),
  createCreditNote: ({ invoices }) => invoices.createCreditNote('inv_1', { amount: 100 }),
  voidCreditNote: ({ invoices }) => invoices.voidCreditNote('cn_1'),
  markInvoicePaid: ({ invoices }) => invoices.markPaid('inv_1', { reference: 'SEPA 1' }),
  refundInvoice: ({ invoices }) => invoices.refund('inv_1'),
  listRefunds: ({ invoices }) => invoices.listRefunds(),
  listDisputes: ({ disputes }) => disputes.list(),
  getDispute: ({ disputes }) => disputes.retrieve('dp_1'),
  submitDisputeEvidence: ({ disputes }) => disputes.submitEvidence('dp_1', { text: 'They used it.' }),
  closeDispute: ({ disputes }) => disputes.close('dp_1'),
  getCustomerBalance: ({ customers }) => customers.retrieveBalance('user_42'),
  adjustCustomerBalance: ({ customers }) =>
    customers.adjustBalance('user_42', { amount: 100, currency: 'usd' }),
  createCheckoutSession: ({ checkout }) =>
    checkout.createSession({
      customer: 'user_42',
      plan: 'pro',
      success_url: 'https://example.com/done',
      cancel_url: 'https://example.com/pricing',
    }),
  consumeEntitlement: ({ entitlements }) =>
    entitlements.consume({ idempotency_key: 'key_1', customer: 'user_42', feature: 'api_calls' }),
  reserveEntitlement: ({ entitlements }) =>
    entitlements.reserve({ customer: 'user_42', feature: 'api_calls', quantity: 5, ttl_seconds: 60 }),
  confirmReservation: ({ entitlements }) => entitlements.confirm('res_1', 3),
  releaseReservation: ({ entitlements }) => entitlements.release('res_1'),
  checkEntitlement: ({ entitlements }) => entitlements.check({ customer: 'user_42', feature: 'exports' }),
  streamEntitlements: ({ entitlements }) => entitlements.stream({ customers: ['user_42'] }).next(),
  listProjects: ({ projects }) => projects.list(),
  createProject: ({ projects }) => projects.create({ customer: 'user_42', name: 'App' }),
  getProject: ({ projects }) => projects.retrieve('proj_1'),
  updateProject: ({ projects }) => projects.update('proj_1', { name: 'App' }),
  listConsumerKeys: ({ keys }) => keys.list(),
  createConsumerKey: ({ keys }) => keys.create({ customer: 'user_42', name: 'Production' }),
  getConsumerKey: ({ keys }) => keys.retrieve('ckey_1'),
  updateConsumerKey: ({ keys }) => keys.update('ckey_1', { enabled: false }),
  rotateConsumerKey: ({ keys }) => keys.rotate('ckey_1'),
  revokeConsumerKey: ({ keys }) => keys.revoke('ckey_1'),
  verifyConsumerKey: ({ keys }) => keys.verify({ key: 'acme_test_1' }),
  trackRequests: ({ requests }) => requests.track(call),
  listRequests: ({ requests }) => requests.list(),
  summarizeRequests: ({ requests }) => requests.summary(),
  correctUsage: ({ usage }) => usage.correct({ ...event, value: -1, reason: 'Counted twice.' }),
  listUsageEvents: ({ usage }) => usage.events({ status: 'rejected' }),
  exploreUsage: ({ usage }) => usage.explore({ meter: 'api_calls' }),
  trackUsage: ({ usage }) => usage.track(event),
  listUsage: ({ usage }) => usage.list(),
};

const publicOperations = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations)
    .filter(([, { tags }]) => tags.includes('public'))
    .map(([method, { operationId }]) => ({ operationId, method: method.toUpperCase(), path })),
);

let server: RecordingServer;
beforeAll(async () => {
  server = await startRecordingServer((response) =>
    sendJson(response, 200, { data: [], has_more: false, next_cursor: null }),
  );
});
afterAll(() => server.close());

describe('the SDK', () => {
  it('has a method for every public operation, and for nothing that is not there', () => {
    expect(Object.keys(calls).toSorted()).toEqual(
      publicOperations.map(({ operationId }) => operationId).toSorted(),
    );
  });

  it.each(publicOperations)('sends $operationId as $method $path', async ({ operationId, method, path }) => {
    const billing = new BillingOS({ secretKey: `bos_sk_test_${'a'.repeat(39)}`, baseUrl: server.url });

    await calls[operationId]?.(billing);

    const request = server.requests.at(-1);
    expect(request?.method).toBe(method);
    expect(request?.path).toMatch(new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`));
  });

  it('has the types of the OpenAPI document as it is now', () => {
    const folder = mkdtempSync(join(tmpdir(), 'billingos-openapi-'));
    try {
      const file = join(folder, 'openapi.gen.ts');
      const [program = '', ...options] = manifest.scripts.generate
        .replace('src/openapi.gen.ts', file)
        .split(' ');
      execFileSync(join(packageDir, 'node_modules', '.bin', program), options, {
        cwd: packageDir,
        stdio: 'pipe',
      });

      const isCurrent = readFileSync(file, 'utf8') === readText('src/openapi.gen.ts');
      expect(isCurrent, 'run `pnpm generate` in packages/sdk').toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('says the version of its package', () => {
    expect(version).toBe(manifest.version);
  });
});
