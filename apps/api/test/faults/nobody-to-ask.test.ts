import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningRedis, startRedis } from '@billingos/local-stack/redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FeaturePolicies } from '../../src/modules/entitlements/feature-policies.ts';
import { type Json, startApi, type Tenant, type TestApi } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';
import { type OwnPostgres, startOwnPostgres } from '../fixtures/own-postgres.ts';
import { pause } from '../fixtures/paused.ts';

/** INV-16. Whoever waits longer than this has no answer: the request is aborted, and the test fails by that. */
const patienceMs = 5_000;
/** Copies are trusted for 10 seconds; what comes after is what is asked about here. */
const untilOld = { timeout: 25_000, interval: 500 };

const folder = mkdtempSync(join(tmpdir(), 'billingos-test-own-redis-'));
let postgres: OwnPostgres;
let redis: RunningRedis;
let api: TestApi;
let address: string;
let tenant: Tenant;
const paused: (() => void)[] = [];

beforeAll(async () => {
  postgres = await startOwnPostgres();
  redis = await startRedis({ dir: folder });
  api = await startApi({ REDIS_URL: redis.url }, postgres);
  await api.app.listen(0, '127.0.0.1');
  address = await api.app.getUrl();
  tenant = await api.newTenant();
  const features = [
    { key: 'exports', type: 'boolean' },
    { key: 'sso', type: 'boolean', on_outage: 'allow' },
    { key: 'calls', type: 'metered', on_outage: 'allow' },
  ];
  for (const feature of features) {
    await tenant.asServer('POST', 'features', { name: 'Feature', ...feature });
  }
  await customer('known');
  await grant(api, tenant, { customer: 'known', feature: 'exports' });
  await customer('using');
  await grant(api, tenant, { customer: 'using', feature: 'calls', limit: 10, overage: 'block' });
}, 120_000);
afterEach(() => paused.splice(0).forEach((resume) => resume()));
afterAll(async () => {
  await api.close();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function customer(name: string): Promise<void> {
  expect((await tenant.asServer('POST', 'customers', { external_id: name })).status).toBe(201);
}

async function ask(
  method: string,
  path: string,
  body?: Json,
  key = tenant.secretKey,
): Promise<{ status: number; body: Json }> {
  const response = await fetch(`${address}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(patienceMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const check = async (who: string, feature: string) =>
  ask('GET', `entitlements/check?customer=${who}&feature=${feature}`);

const event = (name: string) => ({ idempotency_key: name, customer: 'using', meter: 'calls', value: 1 });

/** Nothing is in doubt, and this process has heard of the policies. */
async function everythingWell(): Promise<void> {
  await expect
    .poll(async () => (await check('known', 'exports')).body, { timeout: 20_000 })
    .toMatchObject({ allowed: true, degraded: false });
  await expect
    .poll(() => api.app.get(FeaturePolicies).find(tenant.environment_id, 'sso'), { timeout: 20_000 })
    .toMatchObject({ on_outage: 'allow' });
}

const stop = {
  Postgres: () => paused.push(pause(postgres.pid())),
  Redis: () => paused.push(pause(redis.service.pid)),
};

describe.each([
  { who: 'Postgres is', away: ['Postgres'] as const },
  { who: 'Postgres and Redis are', away: ['Postgres', 'Redis'] as const },
])('while $who silent', ({ away }) => {
  it('a check says what was last known, else what the feature says, and marks it', async () => {
    await everythingWell();
    expect((await check('using', 'calls')).body).toMatchObject({ allowed: true, limit: 10 });
    away.forEach((server) => stop[server]());

    const stranger = await Promise.all([check('stranger', 'sso'), check('stranger', 'exports')]);
    expect(stranger).toMatchObject([
      { status: 200, body: { allowed: true, reason: 'outage', type: 'boolean', degraded: true, version: 0 } },
      { status: 200, body: { allowed: false, reason: 'outage', used: null, degraded: true } },
    ]);
    await expect
      .poll(() => check('known', 'exports'), untilOld)
      .toMatchObject({ status: 200, body: { allowed: true, reason: null, degraded: true, version: 1 } });
    expect(await check('known', 'sso')).toMatchObject({
      status: 200,
      body: { allowed: false, reason: 'not_entitled', degraded: true },
    });
    await expect
      .poll(() => check('using', 'calls'), untilOld)
      .toMatchObject({ status: 200, body: { allowed: true, limit: 10, degraded: true } });
    expect(await check('known', 'typo')).toMatchObject({
      status: 503,
      body: { error: { code: 'service_unavailable' } },
    });
  }, 60_000);

  it('nothing is taken or recorded, and what is repeated afterwards counts once', async () => {
    await everythingWell();
    const name = away.join('-');
    away.forEach((server) => stop[server]());
    const reports = () =>
      Promise.all([
        ask('POST', 'entitlements/consume', {
          idempotency_key: `${name}-consumed`,
          customer: 'using',
          feature: 'calls',
        }),
        ask('POST', 'usage/track', event(`${name}-one`)),
        ask('POST', 'usage/track', { events: [event(`${name}-two`), event(`${name}-three`)] }),
        ask('POST', 'track', {
          requests: [{ endpoint: '/', method: 'GET', status_code: 200, response_time_ms: 1 }].map((call) => ({
            ...call,
            timestamp: new Date().toISOString(),
            idempotency_key: `${name}-logged`,
          })),
        }),
      ]);
    const before = 10 - Number((await check('using', 'calls')).body['remaining']);

    for (const { status, body } of await reports()) {
      expect(status).toBe(503);
      expect(body['error']).toMatchObject({ code: 'service_unavailable' });
    }
    paused.splice(0).forEach((resume) => resume());

    await expect
      .poll(async () => (await reports()).map(({ status }) => status), { timeout: 20_000 })
      .toEqual([200, 200, 200, 200]);
    await expect
      .poll(async () => (await check('using', 'calls')).body['used'], { timeout: 20_000 })
      .toBe(before + 4);
  }, 60_000);
});

it('while Redis alone is silent, Postgres answers and nothing is in doubt', async () => {
  await everythingWell();
  stop.Redis();

  expect(await check('stranger', 'sso')).toMatchObject({
    status: 200,
    body: { allowed: false, reason: 'customer_not_found', degraded: false },
  });
  expect((await ask('POST', 'usage/track', event('without-redis'))).status).toBe(200);
}, 60_000);

it('a key that nobody looked up before, or that was revoked, opens nothing in an outage', async () => {
  await everythingWell();
  const newKey = async () =>
    (await tenant.asOwner('POST', 'api-keys', { name: 'Another', type: 'secret' })).body;
  const [unused, revoked] = [await newKey(), await newKey()];
  const checked = (key: Json) =>
    ask('GET', 'entitlements/check?customer=stranger&feature=sso', undefined, key['secret']);
  const other = await api.another();
  const atOther = () =>
    other.send('GET', 'entitlements/check?customer=stranger&feature=sso', undefined, {
      authorization: `Bearer ${revoked['secret']}`,
    });
  try {
    expect((await checked(revoked)).status).toBe(200);
    expect((await atOther()).status).toBe(200);
    await tenant.asOwner('DELETE', `api-keys/${revoked['id']}`);
    await expect.poll(async () => (await atOther()).status, { timeout: 10_000 }).toBe(401);
    stop.Postgres();

    expect((await checked(unused)).status).toBe(503);
    expect((await checked(revoked)).status).toBe(503);
    expect((await atOther()).status).toBe(503);
  } finally {
    paused.splice(0).forEach((resume) => resume());
    await other.close();
  }
}, 60_000);
