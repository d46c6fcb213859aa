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
  discrepancy: string;
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
    ...(await addReconciliation(stack, tenant)),
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

/** A run with discrepancies that were found in it; the one that is named can be settled by hand. */
async function addReconciliation(
  stack: TestStack,
  tenant: Tenant,
): Promise<{ reconciliation: string; discrepancy: string }> {
  const { body } = await tenant.asOwner('POST', 'reconciliation/runs');
  const discrepancy = newId('discrepancy');
  const { owner } = stack.database;
  await owner.query(
    `insert into discrepancies (environment_id, id, run_id, kind, cause, object_id, before, after, found_at)
     values ($1, $2, $4, 'subscription', 'differs', 'sub_1', '{}', '{}', now()),
            ($1, $3, $4, 'meter', 'meter_drift', 'cus_1 meter_1', '{}', '{}', now())`,
    [tenant.environment_id, newId('discrepancy'), discrepancy, body['id']],
  );
  await owner.query(`insert into reconciliation_seen values ($1, $2, 'sub_stripe')`, [
    tenant.environment_id,
    body['id'],
  ]);
  return { reconciliation: body['id'], discrepancy };
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

/** An event of Stripe, and how it arrives. */
export function signedEvent(account: string, id: string) {
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
