import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newApiKey } from '../../src/platform/auth/api-key.ts';
import { type Requirement, requirementKey } from '../../src/platform/auth/requires.ts';
import { Database } from '../../src/platform/database/database.ts';
import { Redis } from '../../src/platform/redis.ts';
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

  it('cannot make, rotate, revoke or connect, whatever it is', async () => {
    for (const attempt of [
      await tenant.asServer('POST', 'api-keys', { name: 'a', type: 'secret' }),
      await tenant.asServer('POST', 'api-keys/key_1/rotate', {}),
      await tenant.asServer('DELETE', 'api-keys/key_1'),
      await tenant.asServer('POST', 'stripe-account/connect', { return_url: 'http://localhost' }),
    ]) {
      expect(attempt.status).toBe(403);
    }
  });
});

// SEC-4
describe('a rotated API key', () => {
  const hour = 3_600_000;
  const rotate = (key: { id: string }, graceSeconds?: number) =>
    tenant.asOwner(
      'POST',
      `api-keys/${key.id}/rotate`,
      graceSeconds === undefined ? {} : { grace_seconds: graceSeconds },
    );
  const listed = async (id: string) =>
    (await tenant.asOwner('GET', 'api-keys?limit=100')).body['data'].find(
      (key: { id: string }) => key.id === id,
    );

  it('is gone at once without grace, and its successor may do the same', async () => {
    const wish = { name: 'shop', type: 'publishable', allowed_origins: ['https://shop.example'] };
    const { body: old } = await tenant.asOwner('POST', 'api-keys', wish);
    const { status, body: successor } = await rotate({ id: String(old['id']) });
    const fromShop = { origin: 'https://shop.example' };

    expect(status).toBe(201);
    expect(successor).toMatchObject({ ...wish, expires_at: null, revoked_at: null, rotated_to: null });
    expect(successor['secret']).not.toBe(old['secret']);
    expect((await withKey(String(old['secret']), fromShop)).status).toBe(401);
    expect((await withKey(String(successor['secret']), fromShop)).status).toBe(200);
    expect(await listed(String(old['id']))).toMatchObject({
      rotated_to: successor['id'],
      revoked_at: expect.any(String),
    });
    const [logged] = (await tenant.asOwner('GET', 'audit-log?limit=1')).body['data'];
    expect(logged).toMatchObject({
      action: 'api_key.rotated',
      target: { type: 'api_key', id: old['id'] },
      after: { rotated_to: successor['id'], grace_seconds: 0 },
    });
  });

  it('opens until its grace is over, to the millisecond, in every process', async () => {
    const other = await api.another();
    const processes = [api, other];
    const setTime = (time: Date) => processes.forEach((one) => one.setTime(time));
    const statuses = (secret: string) =>
      Promise.all(
        processes.map(
          async (one) =>
            (await one.send('GET', 'plans', undefined, { authorization: `Bearer ${secret}` })).status,
        ),
      );
    const now = new Date();
    setTime(now);
    const old = await newKey(tenant, 'secret');
    // Both know it by heart before it has an end.
    expect(await statuses(old.secret)).toEqual([200, 200]);

    const { body: successor } = await rotate(old, 3_600);
    await expect.poll(() => statuses(old.secret)).toEqual([200, 200]);
    setTime(new Date(now.getTime() + hour - 1));
    const last = await statuses(old.secret);
    // No message, and no copy that grew too old: only the time has come.
    setTime(new Date(now.getTime() + hour));
    const over = [await statuses(old.secret), await statuses(String(successor['secret']))];
    setTime(new Date());
    await other.close();

    expect(last).toEqual([200, 200]);
    expect(over).toEqual([
      [401, 401],
      [200, 200],
    ]);
    expect(await listed(old.id)).toMatchObject({
      expires_at: new Date(now.getTime() + hour).toISOString(),
      revoked_at: null,
      rotated_to: successor['id'],
    });
  });

  it('is refused within seconds by a process that no message reaches', { timeout: 30_000 }, async () => {
    const other = await api.another();
    const old = await newKey(tenant, 'secret');
    const elsewhere = async () =>
      (await other.send('GET', 'plans', undefined, { authorization: `Bearer ${old.secret}` })).status;
    const before = await elsewhere();

    api.app.get(Redis).client.disconnect();
    await rotate(old, 1);
    const began = Date.now();
    let lastOpenMs = 0;
    // Being used must not keep it alive.
    while ((await elsewhere()) === 200 && Date.now() - began < 4 * cacheMs) {
      lastOpenMs = Date.now() - began;
      await wait(100);
    }
    await api.app.get(Redis).connect();
    await other.close();

    expect(before).toBe(200);
    expect(lastOpenMs).toBeLessThan(cacheMs + 1_500);
  });

  it('is not believed beyond its grace either, where nobody can be asked', async () => {
    const now = new Date();
    api.setTime(now);
    await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
    const old = await newKey(tenant, 'secret');
    const check = async () =>
      (
        await api.send('GET', 'entitlements/check?customer=user_42&feature=exports', undefined, {
          authorization: `Bearer ${old.secret}`,
        })
      ).status;
    await rotate(old, 60);
    // The message that it changed comes back to who sent it, too: it is looked up again after that.
    await wait(500);
    expect(await check()).toBe(200);

    const silence = await api.database.owner.connect();
    await silence.query('begin; lock table api_keys in access exclusive mode');
    // Longer than a process goes by what it looked up.
    await wait(cacheMs + 500);
    const believed = await check();
    api.setTime(new Date(now.getTime() + 60_000));
    const over = check();
    await wait(500);
    await silence.query('rollback');
    silence.release();
    const overStatus = await over;
    api.setTime(new Date());

    expect(believed).toBe(200);
    expect(overStatus).toBe(401);
  });

  it.each([-1, 86_401, 1.5])('takes no grace of %j seconds', async (graceSeconds) => {
    expect((await rotate(await newKey(tenant, 'secret'), graceSeconds)).status).toBe(422);
  });

  it('has one successor, however many ask at once', async () => {
    const key = await newKey(tenant, 'secret');
    const answers = await Promise.all(Array.from({ length: 8 }, () => rotate(key, 60)));

    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      201,
      ...Array.from({ length: 7 }, () => 409),
    ]);
  });

  it('that was revoked has none, and one in its grace can still be revoked', async () => {
    const [revoked, rotated] = [await newKey(tenant, 'secret'), await newKey(tenant, 'secret')];
    await tenant.asOwner('DELETE', `api-keys/${revoked.id}`);
    await rotate(rotated, 3_600);
    await tenant.asOwner('DELETE', `api-keys/${rotated.id}`);

    expect(await rotate(revoked)).toMatchObject({
      status: 409,
      body: { error: { code: 'api_key_not_active' } },
    });
    expect((await withKey(rotated.secret)).status).toBe(401);
  });

  it('shows its successor once', async () => {
    const key = await newKey(tenant, 'secret');
    const { body } = await rotate(key, 60);

    const list = await tenant.asOwner('GET', 'api-keys?limit=100');
    const log = await tenant.asOwner('GET', 'audit-log?limit=100');

    expect(JSON.stringify([list.body, log.body])).not.toContain(body['secret']);
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
