import { BillingOS, type BillingOSOptions, NotFoundError } from '../../../packages/sdk/src/index.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type Tenant, type TestApi } from './fixtures/api.ts';
import { grant } from './fixtures/grants.ts';
import { type Proxy, startProxy } from './fixtures/proxy.ts';

// Two instances: the client follows one through a proxy, and what changes, changes on the other.
let api: TestApi;
let other: TestApi;
let proxy: Proxy;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  other = await api.another();
  await api.app.listen(0, '127.0.0.1');
  proxy = await startProxy(await api.app.getUrl());
  tenant = await api.newTenant();
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await tenant.asServer('POST', 'features', { key: 'sso', name: 'SSO', type: 'boolean' });
  await tenant.asServer('POST', 'features', { key: 'api_calls', name: 'API calls', type: 'metered' });
});
afterAll(async () => {
  await proxy.close();
  await other.close();
  api.app.getHttpServer().closeAllConnections();
  await api.close();
});

const clients: BillingOS[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close({ timeoutMs: 0 })));
});

/** A client, and what it asked. */
function newClient(options: BillingOSOptions = {}): { billing: BillingOS; asked: string[] } {
  const asked: string[] = [];
  const billing = new BillingOS({
    secretKey: tenant.secretKey,
    baseUrl: proxy.url,
    snapshot: true,
    onUsageError: () => undefined,
    fetch: (url, init) => {
      asked.push(new URL(url instanceof Request ? url.url : url).pathname.slice('/api/v1/'.length));
      return fetch(url, init);
    },
    ...options,
  });
  clients.push(billing);
  return { billing, asked };
}

let customers = 0;
async function newCustomer(): Promise<string> {
  const name = `kept-${++customers}`;
  await tenant.asServer('POST', 'customers', { external_id: name });
  return name;
}

describe('a client that keeps a snapshot', () => {
  it('reads a customer once, and then knows of every change without asking', async () => {
    const customer = await newCustomer();
    const { billing, asked } = newClient();
    await billing.ready();

    expect(await billing.hasFeature(customer, 'exports')).toBe(false);
    asked.length = 0;
    const { revoke } = await grant(other, tenant, { customer, feature: 'exports' });
    await expect.poll(() => billing.peek(customer, 'exports')?.allowed).toBe(true);
    expect(await billing.hasFeature(customer, 'exports')).toBe(true);
    await revoke();
    await expect.poll(() => billing.peek(customer, 'exports')?.allowed).not.toBe(true);

    expect(asked).toEqual([]);
    expect(await billing.hasFeature(customer, 'exports')).toBe(false);
  });

  it('asks once for a customer whom many requests check at the same time', async () => {
    const customer = await newCustomer();
    await grant(other, tenant, { customer, feature: 'exports' });
    const { billing, asked } = newClient();
    await billing.ready();

    const answers = await Promise.all(
      Array.from({ length: 50 }, () => billing.hasFeature(customer, 'exports')),
    );

    expect(new Set(answers)).toEqual(new Set([true]));
    expect(asked).toEqual(['entitlements/stream', `customers/${customer}/entitlements`]);
  });

  it('counts what it tracks at once, and what others track as it is told', async () => {
    const customer = await newCustomer();
    await grant(other, tenant, { customer, feature: 'api_calls', limit: 100 });
    const [mine, theirs] = [newClient(), newClient()];
    await Promise.all([mine.billing.ready(), theirs.billing.ready()]);
    await Promise.all([mine, theirs].map(({ billing }) => billing.check(customer, 'api_calls')));

    const tracked = mine.billing.trackUsage(customer, 'api_calls', 60);

    expect(mine.billing.peek(customer, 'api_calls')).toMatchObject({ used: 60, remaining: 40 });
    await tracked;
    await expect
      .poll(() => theirs.billing.peek(customer, 'api_calls'))
      .toMatchObject({ used: 60, remaining: 40, limit: 100, degraded: false });
    await expect.poll(() => mine.billing.peek(customer, 'api_calls')?.used, { timeout: 5_000 }).toBe(60);
    expect(await mine.billing.hasFeature(customer, 'api_calls', { required: 41 })).toBe(false);
    expect(await mine.billing.hasFeature(customer, 'api_calls', { required: 40 })).toBe(true);
  });

  it('never takes a typo for a no', async () => {
    const customer = await newCustomer();
    const { billing } = newClient();
    await billing.hasFeature(customer, 'exports');

    await expect(billing.hasFeature(customer, 'exprots')).rejects.toBeInstanceOf(NotFoundError);
    expect(await billing.check('nobody', 'exports')).toMatchObject({ reason: 'customer_not_found' });
  });

  it('of named customers knows them before anybody asks', async () => {
    const customer = await newCustomer();
    const stranger = await newCustomer();
    await grant(other, tenant, { customer, feature: 'exports' });
    const { billing, asked } = newClient({ snapshot: { customers: [customer] } });

    await billing.ready();

    expect(billing.peek(customer, 'exports')).toMatchObject({ allowed: true, version: 1 });
    expect(asked).toEqual(['entitlements/stream']);
    expect(await billing.hasFeature(stranger, 'exports')).toBe(false);
    expect(asked).toEqual(['entitlements/stream', 'entitlements/check']);
  });

  it('forgets whom it was not asked about, beyond its bound', async () => {
    const names = await Promise.all([newCustomer(), newCustomer(), newCustomer()]);
    const { billing } = newClient({ snapshot: { maxCustomers: 2 } });
    await billing.ready();

    for (const name of names) {
      await billing.check(name, 'exports');
      await billing.check(name, 'exports');
    }

    expect(names.map((name) => billing.peek(name, 'exports') !== undefined).filter(Boolean)).toHaveLength(2);
    expect(billing.peek(names[2] ?? '', 'exports')).toBeDefined();
  });

  it('answers what it last knew while BillingOS is away, then by the feature, and comes back', async () => {
    const customer = await newCustomer();
    await grant(other, tenant, { customer, feature: 'exports' });
    const { billing } = newClient({ fallback: { sso: true }, snapshot: { maxAgeMs: 300 } });
    await billing.ready();
    await billing.check(customer, 'exports');
    proxy.cut();
    await new Promise((resolve) => setTimeout(resolve, 400));

    expect(await billing.check(customer, 'exports')).toMatchObject({ allowed: true, degraded: true });
    const began = performance.now();
    expect(await billing.hasFeature(customer, 'exports')).toBe(true);
    expect(performance.now() - began).toBeLessThan(50);
    expect(await billing.check('unheard-of', 'sso')).toMatchObject({ allowed: true, degraded: true });
    expect(await billing.check('unheard-of', 'api_calls')).toMatchObject({
      allowed: false,
      reason: 'unreachable',
    });

    proxy.restore();
    await expect
      .poll(async () => (await billing.check(customer, 'exports')).degraded, { timeout: 15_000 })
      .toBe(false);
  }, 60_000);

  it('misses nothing when the stream breaks', async () => {
    const customer = await newCustomer();
    const { billing } = newClient();
    await billing.ready();
    await billing.check(customer, 'exports');

    proxy.cut();
    await grant(other, tenant, { customer, feature: 'exports' });
    proxy.restore();

    await expect.poll(() => billing.peek(customer, 'exports')?.allowed, { timeout: 10_000 }).toBe(true);
  });
});
