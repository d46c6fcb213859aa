import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Redis } from '../../src/platform/redis.ts';
import { startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

const settings = {
  RATE_LIMIT_PER_KEY: '40',
  RATE_LIMIT_PER_ENVIRONMENT: '60',
  RATE_LIMIT_PER_ADDRESS: '20',
  RATE_LIMIT_WRONG_CREDENTIALS: '10',
  TRUSTED_PROXIES: '10.0.0.0/8',
};

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi(settings);
});
afterAll(() => api.close());

/** The beginning of a minute, which no other test counts in, and a tenant whose key was not used yet. */
let minutes = 0;
async function fresh(): Promise<void> {
  api.setTime(new Date());
  tenant = await api.newTenant();
  minutes += 5;
  api.setTime(new Date(Math.floor(Date.now() / 60_000 + minutes) * 60_000));
}

async function statuses(times: number, send: () => Promise<{ status: number }>): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < times; i++) {
    seen.push((await send()).status);
  }
  return seen;
}

const count = (seen: number[], status: number) => seen.filter((one) => one === status).length;

// SEC-13
describe('requests', () => {
  it('of a key are refused beyond its limit, with when to come again, until the minute is over', async () => {
    await fresh();
    const list = () => tenant.asServer('GET', 'plans');
    const seen = await statuses(50, list);
    const refused = await list();

    expect(count(seen, 200)).toBe(40);
    expect(refused).toMatchObject({
      status: 429,
      body: { error: { code: 'too_many_requests' } },
      headers: {
        'retry-after': '60',
        'ratelimit-policy': '"key";q=40;w=60',
        ratelimit: '"key";r=0;t=60',
      },
    });
    api.setTime(new Date(Math.floor(Date.now() / 60_000 + minutes + 2) * 60_000));
    expect((await list()).status).toBe(200);
  });

  it('of many keys are refused beyond the limit of their environment', async () => {
    await fresh();
    api.setTime(new Date());
    const other = await tenant.asOwner('POST', 'api-keys', { name: 'other', type: 'secret' });
    api.setTime(new Date(Math.floor(Date.now() / 60_000 + minutes) * 60_000));
    const first = await statuses(40, () => tenant.asServer('GET', 'plans'));
    const second = await statuses(40, () =>
      api.send('GET', 'plans', undefined, { authorization: `Bearer ${other.body['secret']}` }),
    );

    expect([count(first, 200), count(second, 200)]).toEqual([40, 20]);
  });

  it('of a key are counted together by several processes, and by each alone while Redis is away', async () => {
    const other = await api.another();
    await fresh();
    const elsewhere = () =>
      other.send('GET', 'plans', undefined, { authorization: `Bearer ${tenant.secretKey}` });
    other.setTime(new Date(Math.floor(Date.now() / 60_000 + minutes) * 60_000));
    await statuses(30, () => tenant.asServer('GET', 'plans'));
    await elsewhere();
    // Until both have told the other.
    await expect
      .poll(async () => (await statuses(1, elsewhere))[0], { timeout: 15_000, interval: 400 })
      .toBe(429);
    const client = other.app.get(Redis).client;
    client.disconnect();
    other.setTime(new Date(Math.floor(Date.now() / 60_000 + minutes + 3) * 60_000));
    const alone = await statuses(60, elsewhere);
    await other.close();

    expect(count(alone, 200)).toBe(40);
  });

  it('without a credential are refused by address, beyond the proxy only if it is ours', async () => {
    await fresh();
    const page = (from: string) =>
      api.app.inject({
        method: 'GET',
        url: `/api/v1/pay/${'a'.repeat(43)}`,
        remoteAddress: from.split(' ')[0] ?? '',
        headers: { 'x-forwarded-for': from.split(' ')[1] ?? '' },
      });
    const send = (from: string) => async () => ({ status: (await page(from)).statusCode });

    // Whatever a stranger says it forwards for: it is counted itself.
    const spoofed: number[] = [];
    for (let i = 0; i < 30; i++) {
      spoofed.push(...(await statuses(1, send(`203.0.113.7 198.51.100.${i}`))));
    }
    const one = await statuses(30, send('10.0.0.1 198.51.100.200'));
    const another = await statuses(10, send('10.0.0.1 198.51.100.201'));

    expect(count(spoofed, 429)).toBe(10);
    expect(count(one, 429)).toBe(10);
    expect(count(another, 429)).toBe(0);
  });

  it('with wrong credentials are refused in a zone of their own', async () => {
    await fresh();
    const wrong = () =>
      api.send('GET', 'plans', undefined, { authorization: `Bearer bos_sk_test_${'a'.repeat(39)}` });
    const seen = await statuses(15, wrong);

    expect([count(seen, 401), count(seen, 429)]).toEqual([10, 5]);
    expect((await tenant.asServer('GET', 'plans')).status).toBe(200);
  });

  it('of Stripe and of load balancers are never refused', async () => {
    await fresh();
    const seen = await statuses(30, () => api.send('POST', 'webhooks/stripe/test', {}));
    const health = await statuses(30, () => api.send('GET', '/health/live'));

    expect(count(seen, 429)).toBe(0);
    expect(count(health, 200)).toBe(30);
  });
});

// SEC-5
describe('a publishable key', () => {
  it('that is bound to origins is of use there only', async () => {
    await fresh();
    api.setTime(new Date());
    const { body } = await tenant.asOwner('POST', 'api-keys', {
      name: 'web',
      type: 'publishable',
      allowed_origins: ['https://acme.com'],
    });
    const from = async (origin?: string) => {
      const headers = {
        authorization: `Bearer ${body['secret']}`,
        ...(origin === undefined ? {} : { origin }),
      };
      const answer = await api.send('GET', 'plans', undefined, headers);
      return answer.body['error']?.code ?? answer.status;
    };

    expect(body['allowed_origins']).toEqual(['https://acme.com']);
    expect(await from('https://acme.com')).toBe(200);
    for (const origin of [
      'https://evil.com',
      'https://acme.com.evil.com',
      'http://acme.com',
      'null',
      undefined,
    ]) {
      expect(await from(origin), origin).toBe('origin_not_allowed');
    }
  });

  it('has origins, a secret one has none', async () => {
    await fresh();
    api.setTime(new Date());
    for (const wish of [
      { type: 'secret', allowed_origins: ['https://acme.com'] },
      { type: 'publishable', allowed_origins: ['https://acme.com/path'] },
      { type: 'publishable', allowed_origins: ['acme.com'] },
    ]) {
      const { status } = await tenant.asOwner('POST', 'api-keys', { name: 'web', ...wish });
      expect(status, JSON.stringify(wish)).toBe(422);
    }
  });
});

describe('a secret key from a web page', () => {
  it('is refused, and its merchant told once', async () => {
    await fresh();
    api.setTime(new Date());
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        tenant.asServer('GET', 'plans', undefined, { origin: 'https://acme.com' }),
      ),
    );
    const alerts = async () =>
      (await tenant.asOwner('GET', 'alerts')).body['data'].map(({ kind }: { kind: string }) => kind);
    await expect.poll(alerts, { timeout: 10_000 }).toEqual(['api_key.leaked']);
    await wait(200);

    expect(answers.map(({ body }) => body['error'].code)).toEqual(
      Array.from({ length: 5 }, () => 'secret_key_in_browser'),
    );
    expect(await alerts()).toEqual(['api_key.leaked']);
  });
});
