import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newApiKey } from '../../src/platform/auth/api-key.ts';
import { type Requirement, requirementKey } from '../../src/platform/auth/requires.ts';
import { Database } from '../../src/platform/database/database.ts';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { startApi, type Tenant, type TestApi } from '../fixtures/api.ts';
import { operations } from './matrix.ts';

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
});
afterAll(() => api.close());

/** What a key's cached caller may outlive its revocation by, and a little. */
const cacheMs = 5_000;

function withKey(key: string, headers: Record<string, string> = {}) {
  return api.send('GET', 'plans', undefined, { authorization: `Bearer ${key}`, ...headers });
}

async function newKey(owner: Tenant, type: 'secret' | 'publishable') {
  const { body } = await owner.asOwner('POST', 'api-keys', { name: 'a key', type });
  return { id: String(body['id']), secret: String(body['secret']) };
}

// SEC-3
describe('an API key', () => {
  it('is refused by its checksum, without asking the database', async () => {
    const asked = vi.spyOn(api.app.get(Database).pool, 'query');
    const connected = vi.spyOn(api.app.get(Database).pool, 'connect');
    const last = tenant.secretKey.at(-1);
    const mistyped = [
      `${tenant.secretKey.slice(0, -1)}${last === 'a' ? 'b' : 'a'}`,
      tenant.secretKey.slice(0, -1),
      `${tenant.secretKey}x`,
      tenant.secretKey.replace('_test_', '_live_'),
      tenant.secretKey.replace('_sk_', '_pk_'),
      'bos_sk_test_',
    ];

    const answers = await Promise.all(mistyped.map((key) => withKey(key)));
    const queries = asked.mock.calls.length + connected.mock.calls.length;
    await withKey(newApiKey('secret', 'test'));
    const queriesOfAWellFormedKey = asked.mock.calls.length + connected.mock.calls.length - queries;
    asked.mockRestore();
    connected.mockRestore();

    expect(answers.map(({ status }) => status)).toEqual(mistyped.map(() => 401));
    expect(queries).toBe(0);
    // The spies do see it when a key is looked up.
    expect(queriesOfAWellFormedKey).toBeGreaterThan(0);
  });

  it('is refused in the same words whether it never was or was revoked', async () => {
    const key = await newKey(tenant, 'secret');
    await tenant.asOwner('DELETE', `api-keys/${key.id}`);

    const [revoked, invented] = [await withKey(key.secret), await withKey(newApiKey('secret', 'test'))];

    expect(revoked.status).toBe(401);
    expect({ ...revoked.body['error'], request_id: '' }).toEqual({
      ...invented.body['error'],
      request_id: '',
    });
  });

  // SEC-14: nobody learns from the time that it takes whether a key once was.
  it('is looked up in the same way whether it never was or was revoked', async () => {
    const key = await newKey(tenant, 'secret');
    await tenant.asOwner('DELETE', `api-keys/${key.id}`);
    const lookUpsOf = async (secret: string): Promise<number[]> => {
      const asked = vi.spyOn(api.app.get(Database).pool, 'query');
      const connected = vi.spyOn(api.app.get(Database).pool, 'connect');
      expect((await withKey(secret)).status).toBe(401);
      const lookUps = [asked.mock.calls.length, connected.mock.calls.length];
      asked.mockRestore();
      connected.mockRestore();
      return lookUps;
    };

    const revoked = await lookUpsOf(key.secret);
    expect(revoked).not.toEqual([0, 0]);
    expect(await lookUpsOf(newApiKey('secret', 'test'))).toEqual(revoked);
  });

  it('is refused at once where it was revoked, and within seconds by every other instance', async () => {
    const other = await api.another();
    const key = await newKey(tenant, 'secret');
    const elsewhere = () => other.send('GET', 'plans', undefined, { authorization: `Bearer ${key.secret}` });
    const before = [(await withKey(key.secret)).status, (await elsewhere()).status];

    await tenant.asOwner('DELETE', `api-keys/${key.id}`);
    const here = (await withKey(key.secret)).status;
    let there = (await elsewhere()).status;
    const began = Date.now();
    while (there !== 401 && Date.now() - began < cacheMs + 1_000) {
      await wait(200);
      // Being used must not keep it alive.
      there = (await elsewhere()).status;
    }
    await other.close();

    expect(before).toEqual([200, 200]);
    expect(here).toBe(401);
    expect(there).toBe(401);
  });

  it('of the test environment finds nothing of the live one', async () => {
    const live = await api.send(
      'POST',
      'customers',
      { external_id: 'user_live' },
      { authorization: `Bearer ${tenant.token}`, 'x-billingos-environment': tenant.live_environment_id },
    );

    expect(live.status).toBe(201);
    expect((await tenant.asServer('GET', `customers/${live.body['id']}`)).status).toBe(404);
    expect((await tenant.asServer('GET', 'customers/user_live')).status).toBe(404);
  });

  it('says by its prefix which environment it is for', async () => {
    const live = await api.send(
      'POST',
      'api-keys',
      { name: 'live', type: 'secret' },
      { authorization: `Bearer ${tenant.token}`, 'x-billingos-environment': tenant.live_environment_id },
    );

    expect(live.body['secret']).toMatch(/^bos_sk_live_/);
    expect(tenant.secretKey).toMatch(/^bos_sk_test_/);
  });

  it('acts in its own environment, whatever environment the request names', async () => {
    const stranger = await api.newTenant();
    await stranger.asServer('POST', 'customers', { external_id: 'only_theirs' });

    const answer = await tenant.asServer('GET', 'customers/only_theirs', undefined, {
      'x-billingos-environment': stranger.environment_id,
    });

    expect(answer.status).toBe(404);
  });

  it('is shown once: neither the list nor anything else tells it again', async () => {
    const key = await newKey(tenant, 'secret');

    const list = await tenant.asOwner('GET', 'api-keys?limit=100');
    const log = await tenant.asOwner('GET', 'audit-log?limit=100');

    expect(JSON.stringify([list.body, log.body])).not.toContain(key.secret);
    expect(list.body['data'][0]).toMatchObject({
      id: key.id,
      prefix: key.secret.slice(0, 16),
      last4: key.secret.slice(-4),
    });
  });

  it('cannot make, revoke or connect, whatever it is', async () => {
    for (const attempt of [
      await tenant.asServer('POST', 'api-keys', { name: 'a', type: 'secret' }),
      await tenant.asServer('DELETE', 'api-keys/key_1'),
      await tenant.asServer('POST', 'stripe-account/connect', { return_url: 'http://localhost' }),
    ]) {
      expect(attempt.status).toBe(403);
    }
  });
});

// SEC-5
describe('a publishable key', () => {
  it('opens the routes that are declared for it, and no other', async () => {
    const { secret } = await newKey(tenant, 'publishable');
    const opened: string[] = [];
    for (const { id, method, path, isOpen } of operations()) {
      if (!isOpen) {
        const url = path.replace('/api/v1/', '').replace(/\{\w+\}/, 'x');
        const body = method === 'GET' || method === 'DELETE' ? undefined : {};
        const { status } = await api.send(method, url, body, { authorization: `Bearer ${secret}` });
        if (status !== 403 && status !== 401) {
          opened.push(id);
        }
      }
    }

    expect(opened.toSorted()).toEqual(declaredPublishable());
    expect(opened.toSorted()).toEqual(['getAddOn', 'getPlan', 'listAddOns', 'listPlans']);
  });

  it('may come from a web page', async () => {
    const { secret } = await newKey(tenant, 'publishable');

    expect((await withKey(secret, { origin: 'https://shop.example' })).status).toBe(200);
  });
});

describe('a secret key', () => {
  it.each(['https://shop.example', 'http://localhost:3000', 'null'])(
    'is refused when it comes from a web page (%s)',
    async (origin) => {
      const answer = await withKey(tenant.secretKey, { origin });

      expect(answer.status).toBe(403);
      expect(answer.body['error'].code).toBe('secret_key_in_browser');
    },
  );
});

function declaredPublishable(): string[] {
  const scanner = api.app.get(MetadataScanner);
  return api.app
    .get(DiscoveryService)
    .getControllers()
    .flatMap(({ instance }) =>
      scanner.getAllMethodNames(Object.getPrototypeOf(instance)).filter((name) => {
        const requirement: Requirement | undefined = Reflect.getMetadata(requirementKey, instance[name]);
        return requirement?.credential === 'environment' && requirement.publishable;
      }),
    )
    .toSorted();
}
