import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EntitlementsRepository } from '../../src/modules/entitlements/entitlements.repository.ts';
import { Broadcast } from '../../src/platform/broadcast.ts';
import { Redis } from '../../src/platform/redis.ts';
import { startApi, type Tenant, type TestApi } from '../fixtures/api.ts';
import { type EventReader, readEvents } from '../fixtures/event-reader.ts';
import { grant } from '../fixtures/grants.ts';
import { type Proxy, startProxy } from '../fixtures/proxy.ts';

// Two instances: what changes on one is streamed by the other.
let a: TestApi;
let b: TestApi;
let redisOfB: Proxy;
let tenant: Tenant;
beforeAll(async () => {
  a = await startApi({ STREAMS_PER_KEY: '6' });
  redisOfB = await startProxy(process.env['REDIS_URL'] ?? '');
  b = await a.another({ REDIS_URL: redisOfB.url });
  await b.app.listen(0, '127.0.0.1');
  tenant = await a.newTenant();
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await tenant.asServer('POST', 'features', { key: 'api_calls', name: 'API calls', type: 'metered' });
});
afterAll(async () => {
  // Connections that were opened and not used yet are not idle, and would be waited for.
  b.app.getHttpServer().closeAllConnections();
  await b.close();
  await redisOfB.close();
  await a.close();
});

const readers: EventReader[] = [];
afterEach(async () => {
  readers.forEach((reader) => reader.close());
  await Promise.all(readers.splice(0).map(({ ended }) => ended));
});

async function follow(
  customers: string[] = [],
  headers: Record<string, string> = {},
  of: Tenant = tenant,
): Promise<EventReader> {
  const query = customers.map((customer) => `customer=${customer}`).join('&');
  const url = `${await b.app.getUrl()}/api/v1/entitlements/stream?${query}`;
  const reader = await readEvents(url, of.secretKey, headers);
  readers.push(reader);
  return reader;
}

const isReady = ({ name }: { name: string }) => name === 'ready';
const namesOf = ({ events }: EventReader) => events.map(({ name }) => name);

let customers = 0;
async function newCustomer(): Promise<string> {
  const name = `streamed-${++customers}`;
  await tenant.asServer('POST', 'customers', { external_id: name });
  return name;
}

describe('a stream of entitlements', () => {
  it('begins with what the customers named may do, and goes on with what changes on another instance', async () => {
    const customer = await newCustomer();
    const other = await newCustomer();
    await grant(a, tenant, { customer, feature: 'exports' });

    const reader = await follow([customer]);
    await reader.next(isReady);
    const { revoke } = await grant(a, tenant, { customer, feature: 'api_calls', limit: 100 });
    await grant(a, tenant, { customer: other, feature: 'exports' });
    await revoke();

    await reader.next(({ data }) => data['version'] === 3);
    expect(reader.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(
      reader.events
        .filter(({ name }) => name === 'entitlements')
        .map(({ data }) => [data['external_id'], data['version']]),
    ).toEqual([
      [customer, 1],
      [customer, 2],
      [customer, 3],
    ]);
    expect(namesOf(reader).slice(0, 3)).toEqual(['reset', 'entitlements', 'ready']);
    expect(reader.events[3]?.data['features']).toMatchObject([
      { feature: 'api_calls', type: 'metered', limit: 100, used: 0, remaining: 100, meter: 'api_calls' },
      { feature: 'exports', type: 'boolean', suspended: false, meter: null },
    ]);
  });

  it('of the whole environment tells of every customer, and never of another environment', async () => {
    const stranger = await a.newTenant();
    const [mine, theirs] = [await follow(), await follow([], {}, stranger)];
    await Promise.all([mine.next(isReady), theirs.next(isReady)]);

    for (const customer of [await newCustomer(), await newCustomer()]) {
      await grant(a, tenant, { customer, feature: 'exports' });
      await mine.next(({ data }) => data['external_id'] === customer);
    }

    expect(namesOf(theirs)).toEqual(['reset', 'ready']);
  });

  it('tells what was used, once for all events of the moment', async () => {
    const customer = await newCustomer();
    await grant(a, tenant, { customer, feature: 'api_calls', limit: 100 });
    const reader = await follow([customer]);
    await reader.next(isReady);

    for (let i = 0; i < 20; i++) {
      await tenant.asServer('POST', 'usage/track', {
        idempotency_key: `used-${i}`,
        customer,
        meter: 'api_calls',
        value: 2,
      });
    }

    const last = await reader.next(({ name, data }) => name === 'usage' && data['used'] === 40);
    expect(last.data).toMatchObject({ customer, meter: 'api_calls', used: 40 });
    const [snapshot] = reader.events.filter(({ name }) => name === 'entitlements');
    expect(last.data['period_start']).toBe(snapshot?.data['features'][0]['period_start']);
    expect(namesOf(reader).filter((name) => name === 'usage').length).toBeLessThan(15);
  });

  it('says when units are held, and whether a check would still be answered yes', async () => {
    const customer = await newCustomer();
    await grant(a, tenant, { customer, feature: 'api_calls', limit: 100 });
    const reader = await follow([customer]);
    await reader.next(isReady);

    await tenant.asServer('POST', 'entitlements/reservations', {
      customer,
      feature: 'api_calls',
      quantity: 30,
      ttl_seconds: 60,
    });

    const { data } = await reader.next(({ data }) => data['features']?.[0]?.['remaining'] === 70);
    expect(data['features']).toMatchObject([{ allowed: true, reason: null, allowed_up_to: 70, used: 0 }]);
  });

  it('goes on after the last event that was seen', async () => {
    const customer = await newCustomer();
    const first = await follow();
    const { id } = await first.next(isReady);
    first.close();
    await first.ended;
    await grant(a, tenant, { customer, feature: 'exports' });

    const second = await follow([], { 'last-event-id': id });

    await second.next(isReady);
    await second.next(({ data }) => data['external_id'] === customer);
    expect(namesOf(second)).not.toContain('reset');
  });

  it.each(['', 'other000.5', 'nonsense', '.'])(
    'begins anew for one who was away too long (%j)',
    async (lastEventId) => {
      const customer = await newCustomer();
      await grant(a, tenant, { customer, feature: 'exports' });

      const reader = await follow([customer], { 'last-event-id': lastEventId });

      await reader.next(isReady);
      expect(namesOf(reader)[0]).toBe('reset');
      expect(namesOf(reader)).toContain('entitlements');
    },
  );

  it('reads a change once, however many follow', async () => {
    const customer = await newCustomer();
    const all = await Promise.all([follow([customer]), follow([customer]), follow(), follow()]);
    await Promise.all(all.map((reader) => reader.next(isReady)));
    const repository = b.app.get(EntitlementsRepository);
    const read = repository.snapshots.bind(repository);
    let reads = 0;
    repository.snapshots = (...given) => {
      reads += 1;
      return read(...given);
    };

    await grant(a, tenant, { customer, feature: 'exports' });

    await Promise.all(all.map((reader) => reader.next(({ data }) => data['version'] === 1)));
    repository.snapshots = read;
    expect(reads).toBe(1);
  });

  it('is refused beyond the number that a key may have, until one ends', async () => {
    const many = await Promise.all(Array.from({ length: 6 }, () => follow()));
    await Promise.all(many.map((reader) => reader.next(isReady)));

    const refused = await follow();
    expect(refused.response.status).toBe(429);
    expect(await refused.response.json().catch(() => undefined)).toMatchObject({
      error: { code: 'too_many_streams' },
    });

    many[0]?.close();
    await expect.poll(async () => (await follow()).response.status).toBe(200);
  });

  it('drops what a reader does not take, and tells it the state when it does', async () => {
    const customer = await newCustomer();
    await grant(a, tenant, { customer, feature: 'exports' });
    const url = new URL(await b.app.getUrl());
    const slow = connect(Number(url.port), url.hostname);
    slow.write(
      `GET /api/v1/entitlements/stream?customer=${customer} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.secretKey}\r\n\r\n`,
    );
    let text = '';
    slow.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await expect.poll(() => text).toContain('event: ready');
    slow.pause();

    // Far more than the 1 MB that is kept for a reader, and what sockets hold.
    const { rows } = await a.database.owner.query('select id from meters where environment_id = $1', [
      tenant.environment_id,
    ]);
    const total = { customer, meter_id: rows[0].id, period_start: new Date().toISOString(), used: 1 };
    for (let message = 0; message < 150; message++) {
      const totals = Array.from({ length: 500 }, (_, i) => ({ ...total, usage_version: i }));
      await a.app
        .get(Broadcast)
        .tell('entitlements_usage', `${tenant.environment_id} ${JSON.stringify(totals)}`);
    }
    const before = text.length;
    slow.resume();

    await expect.poll(() => text.slice(before), { timeout: 10_000 }).toContain('event: reset');
    expect(text.slice(text.lastIndexOf('event: reset'))).toContain('event: entitlements');
    expect(text.length).toBeLessThan(15_000_000);
    slow.destroy();
  });

  it('ends when its process no longer hears of changes, and cannot be opened until it does', async () => {
    const reader = await follow();
    await reader.next(isReady);
    redisOfB.cut();
    try {
      await reader.ended;
      expect((await follow()).response.status).toBe(503);
    } finally {
      redisOfB.restore();
      await expect.poll(() => b.app.get(Redis).ping(), { timeout: 5_000 }).toBe(true);
    }
    await expect.poll(async () => (await follow()).response.status, { timeout: 5_000 }).toBe(200);
  });

  it('ends cleanly when its process does', async () => {
    const c = await a.another();
    await c.app.listen(0, '127.0.0.1');
    const reader = await readEvents(`${await c.app.getUrl()}/api/v1/entitlements/stream`, tenant.secretKey);
    await reader.next(isReady);

    const began = performance.now();
    await c.close();

    await reader.ended;
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
