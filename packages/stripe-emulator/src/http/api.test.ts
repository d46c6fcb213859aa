import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf, customerWithCard, monthlyPrice } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
});
afterAll(() => emulator.close());

/** The error that a call ends in; a call that succeeds fails the test. */
async function errorOf(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw new Error(`Expected one of Stripe's errors, not ${String(error)}`);
}

describe('keys and accounts', () => {
  it('refuses a request without a secret key of a known mode', async () => {
    const error = await errorOf(clientOf(emulator, { key: 'nonsense_key_1234567890' }).customers.list());

    expect(error).toMatchObject({ statusCode: 401, type: 'StripeAuthenticationError' });
    expect(error.message).toMatch(/^Invalid API Key provided: nonsense\*+7890$/);
  });

  it('keeps test and live data apart', async () => {
    const live = clientOf(emulator, { key: 'sk_live_emulator' });
    const { id } = await stripe.customers.create({});

    expect((await live.customers.create({})).livemode).toBe(true);
    expect(await errorOf(live.customers.retrieve(id))).toMatchObject({ code: 'resource_missing' });
  });

  it('keeps the data of connected accounts apart, and knows only accounts that exist', async () => {
    const account = await stripe.accounts.create({ type: 'standard' });
    const connected = clientOf(emulator, { account: account.id });
    const { id } = await connected.customers.create({});

    expect((await connected.customers.retrieve(id)).id).toBe(id);
    expect(await errorOf(stripe.customers.retrieve(id))).toMatchObject({ statusCode: 404 });
    expect(await errorOf(clientOf(emulator, { account: 'acct_nobody' }).customers.list())).toMatchObject({
      statusCode: 403,
      code: 'account_invalid',
    });
  });
});

describe('errors', () => {
  it('names a missing object as Stripe does', async () => {
    const error = await errorOf(stripe.customers.retrieve('cus_nobody'));

    expect(error).toMatchObject({
      statusCode: 404,
      type: 'StripeInvalidRequestError',
      code: 'resource_missing',
      param: 'id',
      message: "No such customer: 'cus_nobody'",
      doc_url: 'https://docs.stripe.com/error-codes#resource-missing',
    });
    expect(error.requestId).toMatch(/^req_/);
  });

  it('names the parameter that is missing, unknown or malformed', async () => {
    const raw = (params: Record<string, unknown>) => stripe.rawRequest('POST', '/v1/prices', params);

    expect(await errorOf(raw({ unit_amount: 5 }))).toMatchObject({
      code: 'parameter_missing',
      param: 'currency',
    });
    expect(await errorOf(raw({ currency: 'usd', colour: 'red' }))).toMatchObject({
      code: 'parameter_unknown',
      message: 'Received unknown parameter: colour',
    });
    expect(await errorOf(raw({ currency: 'usd', recurring: { interval: 'month', rhyme: 1 } }))).toMatchObject(
      {
        param: 'recurring[rhyme]',
      },
    );
    expect(await errorOf(raw({ currency: 'usd', unit_amount: 'ten' }))).toMatchObject({
      code: 'parameter_invalid_integer',
      param: 'unit_amount',
    });
    expect(await errorOf(raw({ currency: '' }))).toMatchObject({ code: 'parameter_invalid_empty' });
  });

  it('says so when it does not serve a path', async () => {
    const error = await errorOf(stripe.rawRequest('GET', '/v1/terminal/readers'));

    expect(error).toMatchObject({ statusCode: 404 });
    expect(error.message).toContain('Unrecognized request URL (GET: /v1/terminal/readers)');
  });

  it('leaves nothing behind when a request fails', async () => {
    const customer = await customerWithCard(stripe, 'pm_card_chargeCustomerFail');
    const price = await monthlyPrice(stripe, 1000);
    const before = emulator.counts();

    const error = await errorOf(
      stripe.subscriptions.create({
        customer: customer.id,
        items: [{ price: price.id }],
        payment_behavior: 'error_if_incomplete',
      }),
    );

    expect(error).toMatchObject({ statusCode: 402, code: 'card_declined', decline_code: 'generic_decline' });
    expect(emulator.counts()).toEqual(before);
  });
});

describe('lists', () => {
  it('pages by cursor in both directions, newest first', async () => {
    const account = await stripe.accounts.create({ type: 'standard' });
    const own = clientOf(emulator, { account: account.id });
    const created: string[] = [];
    for (let index = 0; index < 5; index += 1) created.unshift((await own.customers.create({})).id);

    const first = await own.customers.list({ limit: 2 });
    const second = await own.customers.list({ limit: 2, starting_after: created[1] ?? '' });
    const back = await own.customers.list({ limit: 2, ending_before: created[3] ?? '' });
    const all: string[] = [];
    for await (const customer of own.customers.list({ limit: 2 })) all.push(customer.id);

    expect(first.data.map(({ id }) => id)).toEqual(created.slice(0, 2));
    expect(first.has_more).toBe(true);
    expect(second.data.map(({ id }) => id)).toEqual(created.slice(2, 4));
    expect(back.data.map(({ id }) => id)).toEqual(created.slice(1, 3));
    expect(back.has_more).toBe(true);
    expect(all).toEqual(created);
  });

  it('refuses a page over 100 and a cursor to nothing', async () => {
    expect(await errorOf(stripe.customers.list({ limit: 101 }))).toMatchObject({ param: 'limit' });
    expect(await errorOf(stripe.customers.list({ starting_after: 'cus_nobody' }))).toMatchObject({
      code: 'resource_missing',
    });
  });

  it('filters by time of creation', async () => {
    const now = emulator.now();
    await stripe.customers.create({ email: 'now@example.com' });

    expect((await stripe.customers.list({ created: { gt: now + 60 } })).data).toEqual([]);
    expect(
      (await stripe.customers.list({ created: { gte: now - 60 }, email: 'now@example.com' })).data,
    ).toHaveLength(1);
  });
});

describe('expand', () => {
  it('replaces ids by objects, nested and inside lists', async () => {
    const customer = await customerWithCard(stripe);
    const price = await monthlyPrice(stripe, 700);
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });

    const one = await stripe.subscriptions.retrieve(id, { expand: ['customer', 'items.data.price.product'] });
    const listed = await stripe.subscriptions.list({
      customer: customer.id,
      expand: ['data.latest_invoice.payments.data.payment.payment_intent'],
    });

    expect(one.customer).toMatchObject({ id: customer.id, email: 'ada@example.com' });
    expect(one.items.data[0]?.price.product).toMatchObject({ object: 'product', name: 'Plan at 700' });
    expect(listed.data[0]?.latest_invoice).toMatchObject({
      payments: { data: [{ payment: { payment_intent: { status: 'succeeded' } } }] },
    });
  });

  it('shows includable fields only when asked', async () => {
    const product = await stripe.products.create({ name: 'Tiered' });
    const price = await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      recurring: { interval: 'month' },
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      tiers: [
        { up_to: 10, unit_amount: 100 },
        { up_to: 'inf', unit_amount: 50 },
      ],
    });

    expect(price.tiers).toBeUndefined();
    expect((await stripe.prices.retrieve(price.id, { expand: ['tiers'] })).tiers).toMatchObject([
      { up_to: 10, unit_amount: 100 },
      { up_to: null, unit_amount: 50 },
    ]);
  });

  it('refuses what cannot be expanded', async () => {
    const { id } = await stripe.customers.create({ email: 'a@example.com' });

    expect(await errorOf(stripe.customers.retrieve(id, { expand: ['email'] }))).toMatchObject({
      message: 'This property cannot be expanded (email).',
    });
  });
});
