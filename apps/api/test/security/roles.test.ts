import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type Tenant, type TestApi } from '../fixtures/api.ts';
import { operations } from './matrix.ts';

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
});
afterAll(() => api.close());

const inEnvironment = operations().filter(({ scope }) => scope !== undefined);
const writing = inEnvironment.filter(({ scope }) => scope?.endsWith(':write') === true).map(({ id }) => id);

/** Who may change what, as the dashboard's table of roles says. Reading is everybody's. */
const changes: Record<string, string[]> = {
  owner: writing,
  admin: writing.filter((id) => !['previewMerchantPlan', 'changeMerchantPlan'].includes(id)),
  developer: [
    'retryJob',
    'createApiKey',
    'rotateApiKey',
    'revokeApiKey',
    'readAlert',
    'resolveAlert',
    'createMeter',
    'createFeature',
    'updateFeature',
    'createCreditPack',
    'archiveCreditPack',
    'createPlan',
    'updateMeter',
    'updatePlan',
    'archivePlan',
    'unarchivePlan',
    'putPlanDraft',
    'discardPlanDraft',
    'publishPlan',
    'createAddOn',
    'createCoupon',
    'archiveCoupon',
    'createCustomerPrice',
    'archiveCustomerPrice',
    'resyncCatalog',
    'setDefaultPlan',
    'trackUsage',
    'correctUsage',
    'consumeEntitlement',
    'reserveEntitlement',
    'confirmReservation',
    'releaseReservation',
    'createCheckoutSession',
    'createConsumerKey',
    'updateConsumerKey',
    'rotateConsumerKey',
    'revokeConsumerKey',
    'createProject',
    'updateProject',
    'trackRequests',
    'replayWebhookEvent',
    'startReconciliation',
    'settleDiscrepancy',
  ],
  support: [
    'retryRecovery',
    'stopRecovery',
    'readAlert',
    'resolveAlert',
    'createCustomer',
    'updateCustomer',
    'createSubscription',
    'cancelSubscription',
    'changeSubscription',
    'undoScheduledChange',
    'pauseSubscription',
    'resumeSubscription',
    'extendTrial',
    'endTrial',
    'startPlanMigration',
    'updateCreditBalance',
    'createCreditGrant',
    'voidCreditGrant',
    'restoreCreditGrant',
    'buyCredits',
    'createTopUpLink',
    'setAutoTopUp',
    'createCheckoutSession',
    'payInvoice',
    'voidInvoice',
    'markInvoiceUncollectible',
    'releaseInvoice',
    'markInvoicePaid',
    'voidCreditNote',
    'adjustCustomerBalance',
    'createEntitlementOverride',
    'removeEntitlementOverride',
    'setSpendCap',
    'removeSpendCap',
  ],
  viewer: [],
};

// SEC-3: roles and keys are sets of scopes.
describe('a member', () => {
  it.each(Object.entries(changes))(
    'who is %s may change what that role may, and read everything',
    async (role, allowed) => {
      await api.database.owner.query('update members set role = $1 where user_id = $2', [
        role,
        tenant.user.id,
      ]);
      const refused: string[] = [];

      for (const { id, method, path } of inEnvironment) {
        // What the role may do is refused for what it asks; what it may not do, before that.
        const body = method === 'GET' || method === 'DELETE' ? undefined : { nothing: 'of the kind' };
        const url = path.replace('/api/v1/', '').replaceAll(/\{\w+\}/g, 'unknown');
        const answer = await tenant.asOwner(method, url, body);
        if (answer.status === 403) {
          refused.push(id);
        }
      }

      expect(refused).toEqual(writing.filter((id) => !allowed.includes(id)));
    },
  );
});
