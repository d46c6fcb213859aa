import { createServer } from 'node:http';
import Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;
const heard: string[] = [];
const listener = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const event = JSON.parse(Buffer.concat(chunks).toString());
    heard.push(event.data.object.name);
    response.end();
  });
});

beforeEach(async () => {
  heard.length = 0;
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  const port = typeof address === 'object' ? address?.port : 0;
  emulator = await startEmulator({
    forwardTo: [{ url: `http://127.0.0.1:${port}`, secret: 'whsec_test', modes: ['test'] }],
  });
  stripe = clientOf(emulator);
});
afterEach(async () => {
  await emulator.close();
  await new Promise<void>((resolve) => {
    listener.close(() => resolve());
    listener.closeAllConnections();
  });
});

const customers = () => emulator.counts()['test/platform']?.['customer'] ?? 0;

describe('a scripted fault of a request', () => {
  it('lets it take effect and never answers; a repeat under its key gets the first answer', async () => {
    emulator.runFaults({ requests: [{ kind: 'apply_then_timeout', path: '/v1/customers', times: 1 }] });
    const create = () =>
      stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k-1', timeout: 100, maxNetworkRetries: 0 });

    await expect(create()).rejects.toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(customers()).toBe(1);

    const again = await create();
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(customers()).toBe(1);
  });

  it('breaks the connection after the effect, and the client heals it by itself', async () => {
    emulator.runFaults({ requests: [{ kind: 'drop_after_apply', method: 'post', times: 1 }] });

    const created = await stripe.customers.create({ name: 'Ada' }, { maxNetworkRetries: 1 });

    expect(created.name).toBe('Ada');
    expect(customers()).toBe(1);
    expect(emulator.requests().map(({ fault, replayed }) => [fault, replayed])).toEqual([
      ['drop_after_apply', false],
      [null, true],
    ]);
  });

  it('answers 429, saves nothing under the key, and the repeat succeeds', async () => {
    emulator.runFaults({ requests: [{ kind: 'rate_limit', times: 1 }] });
    const create = () => stripe.customers.create({}, { idempotencyKey: 'k-429' });

    await expect(create()).rejects.toMatchObject({ statusCode: 429, code: 'rate_limit' });
    await create();
    expect(customers()).toBe(1);
  });

  it('answers 500 for ever under the same key', async () => {
    emulator.runFaults({ requests: [{ kind: 'server_error', times: 1 }] });
    const create = (key: string) => stripe.customers.create({}, { idempotencyKey: key });

    await expect(create('k-500')).rejects.toMatchObject({ statusCode: 500 });
    await expect(create('k-500')).rejects.toMatchObject({ statusCode: 500 });
    expect(customers()).toBe(0);
    await create('k-other');
    expect(customers()).toBe(1);
  });

  it('answers 500 although it took effect, where the rule says so', async () => {
    emulator.runFaults({ requests: [{ kind: 'server_error', applied: true, times: 1 }] });

    await expect(stripe.customers.create({})).rejects.toMatchObject({ statusCode: 500 });
    expect(customers()).toBe(1);
  });

  it('counts a meter event and says that its identifier was used before', async () => {
    const meter = await stripe.billing.meters.create({
      display_name: 'Calls',
      event_name: 'calls',
      default_aggregation: { formula: 'sum' },
    });
    const customer = await stripe.customers.create({});
    emulator.runFaults({ requests: [{ kind: 'duplicate_identifier' }] });

    const payload = { stripe_customer_id: customer.id, value: '7' };
    await expect(
      stripe.billing.meterEvents.create({ event_name: 'calls', identifier: 'id-1', payload }),
    ).rejects.toMatchObject({ statusCode: 400, message: 'An event already exists with identifier id-1.' });

    const day = Math.floor(emulator.now() / 86_400) * 86_400;
    const summaries = await stripe.billing.meters.listEventSummaries(meter.id, {
      customer: customer.id,
      start_time: day,
      end_time: day + 86_400,
    });
    expect(summaries.data[0]?.aggregated_value).toBe(7);
  });

  it('limits each endpoint to 25 requests a second', async () => {
    emulator.runFaults({ rate_limit_per_second: 25 });

    const answers = await Promise.allSettled(Array.from({ length: 30 }, () => stripe.customers.create({})));

    expect(answers.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
    expect(customers()).toBeLessThan(30);
    await stripe.products.create({ name: 'Another endpoint' });
  });
});

describe('the chances of a script', () => {
  it('are the same for the same seed', async () => {
    const outcomes = async (seed: number) => {
      emulator.runFaults({ seed, requests: [{ kind: 'rate_limit', probability: 0.5 }] });
      const answers: boolean[] = [];
      for (let count = 0; count < 20; count += 1) {
        answers.push(
          await stripe.customers.list().then(
            () => true,
            () => false,
          ),
        );
      }
      return answers;
    };
    const first = await outcomes(42);

    expect(new Set(first)).toEqual(new Set([true, false]));
    expect(await outcomes(42)).toEqual(first);
    expect(await outcomes(43)).not.toEqual(first);
  });

  it('are set, seen and ended over HTTP', async () => {
    const faults = (method: string, body?: object) =>
      fetch(`${emulator.url}/_emulator/faults`, { method, body: body ? JSON.stringify(body) : null });

    await faults('POST', { seed: 7, requests: [{ kind: 'rate_limit', times: 1 }] });
    await expect(stripe.customers.list()).rejects.toMatchObject({ statusCode: 429 });
    expect(await (await faults('GET')).json()).toMatchObject({ seed: 7, struck: { rate_limit: 1 } });
    expect((await faults('POST', { requests: [{ kind: 'unheard_of' }] })).status).toBe(400);
    await faults('DELETE');
    expect(emulator.faultsStruck()).toEqual({});
  });
});

describe('a scripted fault of a webhook', () => {
  it('loses it: the event is in the list, and can be replayed', async () => {
    emulator.runFaults({ webhooks: [{ kind: 'lose', type: 'customer.*', times: 1 }] });
    await stripe.customers.create({ name: 'lost' });
    await stripe.customers.create({ name: 'heard' });
    await emulator.webhooksSettled();

    expect(heard).toEqual(['heard']);
    const [lost] = emulator.deliveries();
    expect(lost).toMatchObject({ state: 'failed', attempts: 0 });
    emulator.replayDeliveries(lost === undefined ? [] : [lost.id]);
    await emulator.webhooksSettled();
    expect(heard).toEqual(['heard', 'lost']);
  });

  it('sends it more than once', async () => {
    emulator.runFaults({ webhooks: [{ kind: 'duplicate', copies: 3 }] });
    await stripe.customers.create({ name: 'thrice' });
    await emulator.webhooksSettled();

    expect(heard).toEqual(['thrice', 'thrice', 'thrice']);
  });

  it('sends it later than its successors', async () => {
    emulator.runFaults({ webhooks: [{ kind: 'delay', delay_ms: 150, times: 1 }] });
    await stripe.customers.create({ name: 'first' });
    await stripe.customers.create({ name: 'second' });
    await emulator.webhooksSettled();
    expect(heard).toEqual(['second']);

    await expect.poll(() => heard).toEqual(['second', 'first']);
  });

  it('shuffles what happens at about the same time', async () => {
    emulator.runFaults({ seed: 5, webhooks: [{ kind: 'reorder', delay_ms: 300 }] });
    const names = ['1', '2', '3', '4', '5', '6'];
    for (const name of names) await stripe.customers.create({ name });

    await expect.poll(() => heard.length).toBe(6);
    expect(heard).not.toEqual(names);
    expect(new Set(heard)).toEqual(new Set(names));
  });
});
