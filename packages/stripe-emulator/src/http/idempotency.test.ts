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

const customers = () => emulator.counts()['test/platform']?.['customer'] ?? 0;

describe('idempotency keys', () => {
  it('answer a repeated request with the first answer, and say so', async () => {
    const first = await stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k-replay' });
    const before = customers();
    const again = await stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k-replay' });

    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(again.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId);
    expect(customers()).toBe(before);
  });

  it('refuse other parameters and other endpoints', async () => {
    await stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k-mismatch' });

    await expect(
      stripe.customers.create({ name: 'Bob' }, { idempotencyKey: 'k-mismatch' }),
    ).rejects.toMatchObject({
      statusCode: 400,
      type: 'StripeIdempotencyError',
    });
    await expect(
      stripe.products.create({ name: 'Ada' }, { idempotencyKey: 'k-mismatch' }),
    ).rejects.toMatchObject({
      type: 'StripeIdempotencyError',
    });
  });

  it('belong to one account and one mode', async () => {
    const live = clientOf(emulator, { key: 'sk_live_emulator' });
    const first = await stripe.customers.create({}, { idempotencyKey: 'k-shared' });

    expect((await live.customers.create({}, { idempotencyKey: 'k-shared' })).id).not.toBe(first.id);
  });

  it('keep a refused payment, but no request whose parameters did not parse', async () => {
    const customer = await customerWithCard(stripe, 'pm_card_chargeCustomerFail');
    const price = await monthlyPrice(stripe, 500);
    const subscribe = () =>
      stripe.subscriptions.create(
        { customer: customer.id, items: [{ price: price.id }], payment_behavior: 'error_if_incomplete' },
        { idempotencyKey: 'k-declined' },
      );
    await expect(subscribe()).rejects.toMatchObject({ code: 'card_declined' });
    await stripe.paymentMethods
      .attach('pm_card_visa', { customer: customer.id })
      .then(({ id }) =>
        stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } }),
      );

    await expect(subscribe()).rejects.toMatchObject({ code: 'card_declined' });

    const raw = (params: Record<string, unknown>) =>
      stripe.rawRequest('POST', '/v1/customers', params, { idempotencyKey: 'k-malformed' });
    await expect(raw({ colour: 'red' })).rejects.toMatchObject({ code: 'parameter_unknown' });
    await expect(raw({ name: 'Ada' })).resolves.toMatchObject({ name: 'Ada' });
  });

  it('refuse a second request while the first is working', async () => {
    const hold = emulator.hold({ method: 'POST', path: '/v1/customers', phase: 'before' });
    const first = stripe.customers.create({ name: 'Slow' }, { idempotencyKey: 'k-concurrent' });
    await hold.caught;

    await expect(
      stripe.customers.create({ name: 'Slow' }, { idempotencyKey: 'k-concurrent' }),
    ).rejects.toMatchObject({
      statusCode: 409,
      code: 'idempotency_key_in_use',
    });
    hold.release();
    expect((await first).name).toBe('Slow');
  });
});

describe('a held answer', () => {
  it('took effect although the client never hears of it, and a retry gets that answer', async () => {
    const before = customers();
    const hold = emulator.hold({ method: 'POST', path: '/v1/customers' });
    const impatient = new Stripe('sk_test_emulator', {
      host: emulator.host,
      port: emulator.port,
      protocol: 'http',
      maxNetworkRetries: 0,
      timeout: 100,
    });

    await expect(
      impatient.customers.create({ name: 'Lost' }, { idempotencyKey: 'k-lost' }),
    ).rejects.toMatchObject({
      type: 'StripeConnectionError',
    });
    expect((await hold.caught).idempotency_key).toBe('k-lost');
    expect(hold.waiting).toHaveLength(1);
    const healed = await stripe.customers.create({ name: 'Lost' }, { idempotencyKey: 'k-lost' });

    expect(healed.name).toBe('Lost');
    expect(customers()).toBe(before + 1);
    hold.release();
  });

  it('matches by pattern and only as often as asked', async () => {
    const hold = emulator.hold({ path: '/v1/customers/*', times: 1 });
    const { id } = await stripe.customers.create({});
    const held = stripe.customers.retrieve(id);
    await hold.caught;

    expect((await stripe.customers.retrieve(id)).id).toBe(id);
    hold.release();
    expect((await held).id).toBe(id);
  });

  it('can be set and released over HTTP, beside the log of requests', async () => {
    const control = (method: string, path: string, body?: object) =>
      fetch(`${emulator.url}/_emulator/${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    await control('DELETE', 'requests');
    const created: unknown = await (
      await control('POST', 'holds', { method: 'post', path: '/v1/products' })
    ).json();
    const held = stripe.products.create({ name: 'Held' }, { idempotencyKey: 'k-http' });
    const waiting = async () => JSON.stringify(await (await control('GET', 'holds')).json());
    await expect.poll(waiting).toContain('k-http');

    const id = typeof created === 'object' && created !== null && 'id' in created ? String(created.id) : '';
    await control('DELETE', `holds/${id}`);

    expect((await held).name).toBe('Held');
    expect(emulator.requests()).toMatchObject([
      { method: 'POST', path: '/v1/products', idempotency_key: 'k-http', account: null, status: 200 },
    ]);
  });
});
