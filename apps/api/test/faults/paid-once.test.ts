import { submitForm } from '@billingos/local-stack/submit-form';
import type Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PayInvoice } from '../../src/modules/invoices/pay-invoice.ts';
import { SyncInvoices } from '../../src/modules/invoices/sync-invoices.ts';
import { StripeClients } from '../../src/stripe/stripe.client.ts';
import type { Json, Tenant } from '../fixtures/api.ts';
import { faultRounds } from '../fixtures/fault-rounds.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-34 and INV-35. `npm test` pays 100 invoices in 2 rounds; FAULT_ROUNDS asks for more.
const rounds = faultRounds;
const invoicesPerRound = 50;
const minute = 60;
const heldForMinutes = 5;

let stack: TestStack;
let tenant: Tenant;
let stripe: Stripe;
let options: { stripeAccount: string };
let buyers = 0;

beforeAll(async () => {
  stack = await startStack({ webhooks: false, worker: false });
  tenant = await stack.newConnectedTenant();
  const account = await stack.stripeOf(tenant);
  stripe = account.stripe;
  options = { stripeAccount: account.account };
  // Whoever waits for an answer that never comes waits 20 seconds, twice. Here it is no wait that is tested.
  Object.assign(Object(Reflect.get(stack.app.get(StripeClients).of('test'), '_api')), { timeout: 500 });
});
afterEach(() => stack.emulator.runFaults({}));
afterAll(() => stack.close());

interface Open {
  id: string;
  stripe_id: string;
  page: string;
}

/** A customer with a good card and an open invoice over $12.00. */
async function openInvoice(card = 'pm_card_visa'): Promise<Open> {
  const { body } = await tenant.asServer('POST', 'customers', { external_id: `buyer_${(buyers += 1)}` });
  const { id: customer } = await stripe.customers.create({}, options);
  const method = await stripe.paymentMethods.attach(card, { customer }, options);
  await stripe.customers.update(
    customer,
    { invoice_settings: { default_payment_method: method.id } },
    options,
  );
  await stack.database.owner.query('update customers set stripe_customer_id = $1 where id = $2', [
    customer,
    body['id'],
  ]);
  await stripe.invoiceItems.create({ customer, amount: 1_200, currency: 'usd' }, options);
  const draft = await stripe.invoices.create(
    { customer, pending_invoice_items_behavior: 'include' },
    options,
  );
  const open = await stripe.invoices.finalizeInvoice(draft.id, {}, options);
  await stack.app.get(SyncInvoices).sync(tenant.environment_id, body['id']);
  const { body: list } = await tenant.asServer('GET', `invoices?customer=${body['id']}`);
  return { id: list['data'][0].id, stripe_id: draft.id, page: open.hosted_invoice_url ?? '' };
}

async function captures({ stripe_id: invoice }: Open): Promise<number> {
  const { data } = await stripe.invoicePayments.list({ invoice }, options);
  const intent = data[0]?.payment.payment_intent;
  const charges = await stripe.charges.list(
    { payment_intent: typeof intent === 'string' ? intent : (intent?.id ?? '') },
    options,
  );
  return charges.data.filter(({ status }) => status === 'succeeded').length;
}

/** The keys under which we asked Stripe to charge an invoice. */
function keysOf({ stripe_id: id }: Open): Set<string> {
  return new Set(
    stack.emulator
      .requests()
      .filter(({ path }) => path === `/v1/invoices/${id}/pay`)
      .flatMap(({ idempotency_key: key }) => (key?.startsWith(tenant.environment_id) === true ? [key] : [])),
  );
}

const pay = (id: string, body: object = {}) => tenant.asServer('POST', `invoices/${id}/pay`, body);
const show = async (id: string): Promise<Json> => (await tenant.asServer('GET', `invoices/${id}`)).body;
/** Answers that may be refused, as long as nobody pays twice. */
const whatever = (answer: Promise<unknown>): Promise<unknown> => answer.catch(() => undefined);

describe('an invoice that everybody pays at once', () => {
  it.each(Array.from({ length: rounds }, (_, round) => round + 1))(
    'is charged once, though Stripe’s answers get lost (round %i)',
    async (round) => {
      const invoices = await Promise.all(Array.from({ length: invoicesPerRound }, () => openInvoice()));
      stack.emulator.forgetRequests();
      stack.emulator.runFaults({
        seed: round,
        requests: [
          { kind: 'apply_then_timeout', method: 'POST', path: '/v1/invoices/*/pay', probability: 0.2 },
        ],
      });

      await Promise.all(
        invoices.flatMap((invoice) => [
          // The customer, on Stripe's page.
          whatever(
            submitForm(invoice.page, {
              card_number: '4242 4242 4242 4242',
              card_expiry: '12 / 34',
              card_cvc: '123',
            }),
          ),
          // Stripe's own attempt.
          whatever(
            stripe.invoices.pay(invoice.stripe_id, {}, { ...options, timeout: 500, maxNetworkRetries: 0 }),
          ),
          // A retry of the recovery, and two people who press a button.
          whatever(stack.app.get(PayInvoice).pay(tenant.environment_id, invoice.id)),
          pay(invoice.id),
          pay(invoice.id, { payment_method: 'pm_card_mastercard' }),
        ]),
      );
      expect(stack.emulator.faultsStruck()['apply_then_timeout']).toBeGreaterThan(0);
      stack.emulator.runFaults({});
      // Whoever had no answer tries again: now, and when the right to pay can be had again.
      await Promise.all(invoices.map(({ id }) => pay(id)));
      stack.passTime((heldForMinutes + 1) * minute);
      await Promise.all(invoices.map(({ id }) => pay(id)));

      for (const invoice of invoices) {
        expect(await captures(invoice)).toBe(1);
        // No second attempt of ours was under way: good cards need one.
        expect(keysOf(invoice).size).toBeLessThanOrEqual(1);
        expect(await show(invoice.id)).toMatchObject({ status: 'paid', is_payment_under_way: false });
      }
    },
    180_000,
  );
});

describe('a payment whose outcome nobody knows', () => {
  /** The invoice after an attempt that Stripe did not answer. */
  async function unknown(kind: 'drop_after_apply' | 'server_error', card?: string): Promise<Open> {
    const invoice = await openInvoice(card);
    stack.emulator.forgetRequests();
    stack.emulator.runFaults({ requests: [{ kind, method: 'POST', path: '/v1/invoices/*/pay' }] });
    const { status, body } = await pay(invoice.id);
    expect([status, body['outcome'], body['invoice'].is_payment_under_way]).toEqual([200, 'unknown', true]);
    return invoice;
  }

  it('lets no other begin, until Stripe has said what became of it', async () => {
    const invoice = await unknown('drop_after_apply');
    const refused = { status: 409, body: { error: { code: 'payment_under_way' } } };

    stack.passTime((heldForMinutes - 1) * minute);
    expect(await pay(invoice.id, { payment_method: 'pm_card_mastercard' })).toMatchObject(refused);
    // The time is up, but Stripe still does not answer: time alone gives nothing free.
    stack.passTime(2 * minute);
    expect(await pay(invoice.id, { payment_method: 'pm_card_mastercard' })).toMatchObject({ status: 503 });
    stack.passTime(24 * 60 * minute);
    expect(await pay(invoice.id, { payment_method: 'pm_card_mastercard' })).toMatchObject({ status: 503 });
    expect(keysOf(invoice).size).toBe(1);

    stack.emulator.runFaults({});
    expect(await pay(invoice.id)).toMatchObject({
      status: 409,
      body: { error: { code: 'invoice_not_open' } },
    });
    expect(await show(invoice.id)).toMatchObject({ status: 'paid', is_payment_under_way: false });
    expect(await captures(invoice)).toBe(1);
  });

  it('that Stripe never made is made by the next attempt', async () => {
    // Stripe keeps its failure under the key: asked again, it says the same for ever.
    const invoice = await unknown('server_error');
    stack.emulator.runFaults({});
    stack.passTime((heldForMinutes + 1) * minute);

    expect(await pay(invoice.id)).toMatchObject({ status: 200, body: { outcome: 'paid' } });
    expect(await captures(invoice)).toBe(1);
    expect(keysOf(invoice).size).toBe(2);
  });

  it('that the bank had refused leaves the invoice to a new card', async () => {
    const invoice = await unknown('drop_after_apply', 'pm_card_chargeCustomerFail');
    stack.emulator.runFaults({});
    stack.passTime((heldForMinutes + 1) * minute);

    const paid = await pay(invoice.id, { payment_method: 'pm_card_visa' });
    expect(paid).toMatchObject({ status: 200, body: { outcome: 'paid' } });
    expect(await captures(invoice)).toBe(1);
  });

  it('is found out by a job, when nobody else asks', async () => {
    const invoice = await unknown('drop_after_apply');
    stack.emulator.runFaults({});
    await stack.startWorker();
    stack.passTime((heldForMinutes + 1) * minute);
    await stack.settle();
    await stack.stopWorker();

    expect(await show(invoice.id)).toMatchObject({ status: 'paid', is_payment_under_way: false });
    expect(await captures(invoice)).toBe(1);
  });
});
