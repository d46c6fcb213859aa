import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf } from '../test-client.ts';

interface Heard {
  body: string;
  signature: string;
}

/** A webhook endpoint that answers with `status` and remembers what it heard. */
class Listener {
  readonly heard: Heard[] = [];
  status = 200;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        this.heard.push({ body, signature: String(request.headers['stripe-signature']) });
        response.writeHead(this.status).end();
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening on a port');
    return `http://127.0.0.1:${address.port}/hook`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The events heard, each verified by the official client. */
  events(stripe: Stripe, secret: string): Stripe.Event[] {
    return this.heard.map(({ body, signature }) => stripe.webhooks.constructEvent(body, signature, secret));
  }
}

let emulator: Emulator;
let stripe: Stripe;
let listener: Listener;
let url: string;

beforeEach(async () => {
  listener = new Listener();
  url = await listener.start();
  emulator = await startEmulator({ retryDelaysMs: [30, 30] });
  stripe = clientOf(emulator);
});
afterEach(async () => {
  await emulator.close();
  listener.close();
});

describe('webhook endpoints', () => {
  it('hear what they listen for, signed so that the official client verifies it', async () => {
    const endpoint = await stripe.webhookEndpoints.create({ url, enabled_events: ['customer.created'] });
    const customer = await stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k-1' });
    await stripe.customers.update(customer.id, { name: 'Grace' });
    await emulator.webhooksSettled();

    const [event, ...others] = listener.events(stripe, endpoint.secret ?? '');
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      object: 'event',
      type: 'customer.created',
      api_version: Stripe.API_VERSION,
      livemode: false,
      pending_webhooks: 1,
      request: { id: customer.lastResponse.requestId, idempotency_key: 'k-1' },
      data: { object: { id: customer.id, name: 'Ada' } },
    });
    expect((await stripe.events.retrieve(event?.id ?? '')).pending_webhooks).toBe(0);
    expect(() => listener.events(stripe, 'whsec_wrong')).toThrow(/signature/i);
  });

  it('tell their secret once', async () => {
    const { id, secret } = await stripe.webhookEndpoints.create({ url, enabled_events: ['*'] });

    expect(secret).toMatch(/^whsec_/);
    expect((await stripe.webhookEndpoints.retrieve(id)).secret).toBeUndefined();
  });

  it('of the platform hear of connected accounts when they are for connect, with the account named', async () => {
    const own = await stripe.webhookEndpoints.create({ url, enabled_events: ['customer.created'] });
    const connect = await stripe.webhookEndpoints.create({
      url,
      enabled_events: ['customer.created'],
      connect: true,
    });
    const account = await stripe.accounts.create({ type: 'standard' });
    await clientOf(emulator, { account: account.id }).customers.create({});
    await emulator.webhooksSettled();

    expect(own.id).not.toBe(connect.id);
    expect(listener.events(stripe, connect.secret ?? '')).toMatchObject([{ account: account.id }]);
  });

  it('hear nothing more once disabled or deleted', async () => {
    const { id } = await stripe.webhookEndpoints.create({ url, enabled_events: ['*'] });
    await stripe.webhookEndpoints.update(id, { disabled: true });
    await stripe.customers.create({});
    await stripe.webhookEndpoints.del(id);
    await stripe.customers.create({});
    await emulator.webhooksSettled();

    expect(listener.heard).toEqual([]);
  });
});

describe('deliveries', () => {
  it('are retried until the endpoint takes them', async () => {
    const endpoint = await stripe.webhookEndpoints.create({ url, enabled_events: ['*'] });
    listener.status = 500;
    await stripe.customers.create({});
    await expect.poll(() => listener.heard.length).toBe(2);
    listener.status = 200;
    await expect.poll(() => emulator.deliveries()[0]?.state).toBe('delivered');

    expect(new Set(listener.events(stripe, endpoint.secret ?? '').map(({ id }) => id)).size).toBe(1);
    expect(emulator.deliveries()).toMatchObject([
      { attempts: 3, response_status: 200, type: 'customer.created' },
    ]);
  });

  it('fail after the last retry', async () => {
    await stripe.webhookEndpoints.create({ url, enabled_events: ['*'] });
    listener.status = 500;
    await stripe.customers.create({});

    await expect.poll(() => emulator.deliveries()[0]?.state).toBe('failed');
    expect(listener.heard).toHaveLength(3);
  });

  it('wait while webhooks are paused', async () => {
    await stripe.webhookEndpoints.create({ url, enabled_events: ['*'] });
    emulator.pauseWebhooks();
    await stripe.customers.create({});
    await emulator.webhooksSettled();
    expect(listener.heard).toEqual([]);

    emulator.resumeWebhooks();
    await emulator.webhooksSettled();
    expect(listener.heard).toHaveLength(1);
  });

  it('can be repeated in any order', async () => {
    const endpoint = await stripe.webhookEndpoints.create({ url, enabled_events: ['*'] });
    await stripe.customers.create({ name: 'first' });
    await stripe.customers.create({ name: 'second' });
    await emulator.webhooksSettled();
    const [first, second] = emulator.deliveries().map(({ id }) => id);

    emulator.replayDeliveries([second ?? '', first ?? '', second ?? '']);
    await emulator.webhooksSettled();

    const names = listener
      .events(stripe, endpoint.secret ?? '')
      .map(({ data }) => Reflect.get(data.object, 'name'));
    expect(new Set(names.slice(0, 2))).toEqual(new Set(['first', 'second']));
    expect(names.slice(2).filter((name) => name === 'second')).toHaveLength(2);
    expect(names).toHaveLength(5);
  });
});

describe('after a restart', () => {
  it('what was not delivered yet is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stripe-emulator-'));
    const first = await startEmulator({ dataFolder: folder });
    const { secret } = await clientOf(first).webhookEndpoints.create({ url, enabled_events: ['*'] });
    first.pauseWebhooks();
    const customer = await clientOf(first).customers.create({});
    await first.close();

    const second = await startEmulator({ dataFolder: folder });
    await second.webhooksSettled();

    expect(listener.events(stripe, secret ?? '')).toMatchObject([{ data: { object: { id: customer.id } } }]);
    await second.close();
    rmSync(folder, { recursive: true });
  });
});

describe('forwarding', () => {
  it('hears every event of every account in its mode', async () => {
    const secret = 'whsec_forward';
    const forwarding = await startEmulator({ forwardTo: [{ url, secret, modes: ['test'] }] });
    const platform = clientOf(forwarding);
    const account = await platform.accounts.create({ type: 'standard' });
    await clientOf(forwarding, { account: account.id }).customers.create({});
    await platform.customers.create({});
    await clientOf(forwarding, { key: 'sk_live_emulator' }).customers.create({});
    await forwarding.webhooksSettled();

    const heard = listener.events(platform, secret);
    expect(heard.map(({ livemode }) => livemode)).toEqual([false, false]);
    expect(new Set(heard.map((event) => event.account ?? 'platform'))).toEqual(
      new Set([account.id, 'platform']),
    );
    await forwarding.close();
  });
});
