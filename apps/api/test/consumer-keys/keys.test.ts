import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newConsumerKey } from '../../src/platform/auth/api-key.ts';
import { Redis } from '../../src/platform/redis.ts';
import { type Json, startApi, type Tenant, type TestApi } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';

const hour = 3_600_000;
/** What a verification may be out of date by in a process that no message reached, and a little. */
const cacheMs = 10_000;

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
  await tenant.asServer('POST', 'customers', { external_id: 'user_42' });
  await tenant.asServer('POST', 'features', { key: 'api_calls', name: 'Calls', type: 'metered' });
});
afterAll(() => api.close());

async function newKey(wish: Json = {}): Promise<Json> {
  const { status, body } = await tenant.asServer('POST', 'keys', {
    customer: 'user_42',
    name: 'Production',
    ...wish,
  });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
}

async function verify(key: unknown, more: Json = {}, by: TestApi = api): Promise<Json> {
  const answer = await by.send(
    'POST',
    'keys/verify',
    { key, ...more },
    { authorization: `Bearer ${tenant.secretKey}` },
  );
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

const stored = async (id: unknown): Promise<Json> =>
  (await tenant.asServer('GET', `keys/${String(id)}`)).body;

// SEC-3
describe('a consumer key', () => {
  it('is shown once, and stands neither in a row nor in Redis', async () => {
    const { secret, ...key } = await newKey({ scopes: ['read'], meta: { team: 'blue' } });
    await verify(secret);

    expect(secret).toMatch(/^bos_ck_test_[0-9A-Za-z]{39}$/);
    expect(key).toMatchObject({
      prefix: secret.slice(0, 'bos_ck_test_'.length + 4),
      last4: secret.slice(-4),
      scopes: ['read'],
      meta: { team: 'blue' },
      customer: { external_id: 'user_42' },
    });
    expect(await stored(key['id'])).toEqual(key);
    const tables = ['consumer_keys', 'audit_log', 'outbox', 'request_idempotency'];
    for (const table of tables) {
      const { rows } = await api.database.owner.query(`select 1 from ${table} t where t::text like $1`, [
        `%${secret.slice('bos_ck_test_'.length + 4)}%`,
      ]);
      expect(rows, table).toEqual([]);
    }
    const { client } = api.app.get(Redis);
    expect((await client.keys('*')).filter((name) => name.includes(secret.slice(20)))).toEqual([]);
  });

  it('begins as the merchant says, and never like one of ours', async () => {
    expect((await tenant.asOwner('PATCH', 'key-settings', { key_prefix: 'acme' })).body).toMatchObject({
      key_prefix: 'acme',
    });
    const { secret } = await newKey();
    for (const prefix of ['bos', 'bos_sk', 'Acme', 'a-b', 'x'.repeat(30)]) {
      expect((await tenant.asOwner('PATCH', 'key-settings', { key_prefix: prefix })).status, prefix).toBe(
        422,
      );
    }
    await tenant.asOwner('PATCH', 'key-settings', { key_prefix: null });

    expect(secret).toMatch(/^acme_test_/);
    expect(await verify(secret)).toMatchObject({ valid: true, code: 'valid' });
  });

  it('is known in its own environment only, and opens nothing of ours', async () => {
    const { secret } = await newKey();
    const stranger = await api.newTenant();

    expect(await verify(secret)).toMatchObject({ valid: true });
    const elsewhere = await stranger.asServer('POST', 'keys/verify', { key: secret });
    expect(elsewhere.body).toEqual({ ...(await verify(newConsumerKey('bos_ck', 'test'))) });
    expect(elsewhere.body).toMatchObject({ valid: false, code: 'not_found', key_id: null, customer: null });
    expect(
      (await api.send('GET', 'plans', undefined, { authorization: `Bearer ${String(secret)}` })).status,
    ).toBe(401);
  });

  it.each(['', 'x', 'bos_ck_test_', `bos_ck_test_${'a'.repeat(39)}`, 'a\u00e9', '../../etc'])(
    'is not %j',
    async (text) => {
      const answer = await tenant.asServer('POST', 'keys/verify', { key: text });
      expect([200, 422]).toContain(answer.status);
      expect(answer.body['valid'] ?? false).toBe(false);
    },
  );

  it('says whose it is, of which project and plan, and what it may do', async () => {
    await tenant.asServer('POST', 'customers', { external_id: 'user_plan' });
    await grant(api, tenant, { customer: 'user_plan', feature: 'api_calls', limit: 10 });
    const project = await tenant.asServer('POST', 'projects', { customer: 'user_plan', name: 'App' });
    const { id, secret } = await newKey({
      customer: 'user_plan',
      project: project.body['id'],
      scopes: ['read', 'write'],
      meta: { team: 'blue' },
    });

    expect(await verify(secret, { scopes: ['read'] })).toMatchObject({
      valid: true,
      code: 'valid',
      key_id: id,
      external_id: 'user_plan',
      project: project.body['id'],
      plan: expect.stringMatching(/^plan-/),
      scopes: ['read', 'write'],
      meta: { team: 'blue' },
      quota: null,
      rate_limit: null,
    });
    expect(await verify(secret, { scopes: ['read', 'admin'] })).toMatchObject({
      valid: false,
      code: 'insufficient_scope',
    });
  });

  it('belongs to a project of its own customer', async () => {
    await tenant.asServer('POST', 'customers', { external_id: 'user_other' });
    const project = await tenant.asServer('POST', 'projects', { customer: 'user_other', name: 'App' });

    const refused = await tenant.asServer('POST', 'keys', {
      customer: 'user_42',
      name: 'Wrong',
      project: project.body['id'],
    });

    expect(refused).toMatchObject({ status: 404, body: { error: { code: 'project_not_found' } } });
  });

  it('can be switched off and on', async () => {
    const { id, secret } = await newKey();
    await tenant.asServer('PATCH', `keys/${String(id)}`, { enabled: false });
    const off = await verify(secret);
    await tenant.asServer('PATCH', `keys/${String(id)}`, { enabled: true });

    expect(off).toMatchObject({ valid: false, code: 'disabled' });
    expect(await verify(secret)).toMatchObject({ valid: true });
  });

  it('expires on the millisecond', async () => {
    const now = new Date('2026-11-21T10:00:00Z');
    api.setTime(now);
    const { secret } = await newKey({ expires_at: '2026-11-21T11:00:00Z' });
    api.setTime(new Date('2026-11-21T10:59:59.999Z'));
    const before = await verify(secret);
    api.setTime(new Date('2026-11-21T11:00:00Z'));

    expect(before).toMatchObject({ valid: true });
    expect(await verify(secret)).toMatchObject({ valid: false, code: 'expired' });
    const over = await tenant.asServer('POST', 'keys', {
      customer: 'user_42',
      name: 'Over',
      expires_at: '2026-11-21T11:00:00Z',
    });
    expect(over.body['error']).toMatchObject({ code: 'expiry_not_ahead', param: 'expires_at' });
    api.setTime(now);
  });

  it('notes when it was used last', async () => {
    const { id, secret } = await newKey();
    await verify(secret);

    await expect
      .poll(() => stored(id), { timeout: 15_000 })
      .toMatchObject({ last_used_at: expect.any(String) });
  });

  it('takes at most 50 facts', async () => {
    const facts = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`fact_${i}`, 'x']));
    const tooMany = await tenant.asServer('POST', 'keys', {
      customer: 'user_42',
      name: 'Many',
      meta: facts(51),
    });

    expect(Object.keys((await newKey({ meta: facts(50) }))['meta']).length).toBe(50);
    expect(tooMany.status).toBe(422);
  });
});

describe('a revoked key', () => {
  it('is refused at once where it was revoked, and by every other process as soon as Redis tells it', async () => {
    const others = [await api.another(), await api.another()];
    const { id, secret } = await newKey();
    const before = await Promise.all([api, ...others].map((by) => verify(secret, {}, by)));

    await tenant.asServer('POST', `keys/${String(id)}/revoke`);
    const here = await verify(secret);
    const began = Date.now();
    for (const other of others) {
      await expect
        .poll(() => verify(secret, {}, other), { timeout: cacheMs, interval: 50 })
        .toMatchObject({ code: 'revoked' });
    }
    const tookMs = Date.now() - began;
    for (const other of others) {
      await other.close();
    }

    expect(before.map(({ valid }) => valid)).toEqual([true, true, true]);
    expect(here).toMatchObject({ valid: false, code: 'revoked' });
    // By a message, not by its age.
    expect(tookMs).toBeLessThan(5_000);
  });

  it('is refused within ten seconds by a process that no message reaches', { timeout: 40_000 }, async () => {
    const other = await api.another();
    const { id, secret } = await newKey();
    const before = await verify(secret, {}, other);

    api.app.get(Redis).client.disconnect();
    await tenant.asServer('POST', `keys/${String(id)}/revoke`);
    const began = Date.now();
    let lastValidMs = 0;
    // Being used must not keep it alive.
    for (;;) {
      const { valid } = await verify(secret, {}, other);
      if (valid === false || Date.now() - began > 2 * cacheMs) {
        break;
      }
      lastValidMs = Date.now() - began;
      await wait(100);
    }
    await api.app.get(Redis).connect();
    await other.close();

    expect(before).toMatchObject({ valid: true });
    expect(lastValidMs).toBeLessThan(cacheMs);
  });

  it('keeps the time of its revocation', async () => {
    const { id } = await newKey();
    const first = await tenant.asServer('POST', `keys/${String(id)}/revoke`);
    const second = await tenant.asServer('POST', `keys/${String(id)}/revoke`);

    expect(second.body['revoked_at']).toBe(first.body['revoked_at']);
  });
});

// SEC-4
describe('a rotated key', () => {
  const now = new Date('2026-11-22T10:00:00Z');

  it('is gone at once without grace, and its successor may do the same', async () => {
    api.setTime(now);
    const old = await newKey({
      scopes: ['read'],
      meta: { team: 'blue' },
      rate_limit: { limit: 5, window_seconds: 1 },
    });
    const { status, body: successor } = await tenant.asServer('POST', `keys/${String(old['id'])}/rotate`, {});

    expect(status).toBe(201);
    expect(successor['secret']).not.toBe(old['secret']);
    expect(successor).toMatchObject({ scopes: ['read'], meta: { team: 'blue' }, rate_limit: { limit: 5 } });
    expect(await verify(old['secret'])).toMatchObject({ code: 'revoked' });
    expect(await verify(successor['secret'])).toMatchObject({ valid: true });
    expect(await stored(old['id'])).toMatchObject({ rotated_to: successor['id'] });
  });

  it('stays valid for its grace, to the millisecond', async () => {
    api.setTime(now);
    const old = await newKey();
    const { body: successor } = await tenant.asServer('POST', `keys/${String(old['id'])}/rotate`, {
      grace_seconds: 3_600,
    });
    const both = [await verify(old['secret']), await verify(successor['secret'])];
    api.setTime(new Date(now.getTime() + hour - 1));
    const last = await verify(old['secret']);
    api.setTime(new Date(now.getTime() + hour));
    const over = [await verify(old['secret']), await verify(successor['secret'])];

    expect(both.map(({ valid }) => valid)).toEqual([true, true]);
    expect(last).toMatchObject({ valid: true });
    expect(over).toMatchObject([{ code: 'expired' }, { valid: true }]);
  });

  it('is never valid beyond its own expiry, nor is its successor', async () => {
    api.setTime(now);
    const expiry = new Date(now.getTime() + hour / 2).toISOString();
    const old = await newKey({ expires_at: expiry });
    const { body: successor } = await tenant.asServer('POST', `keys/${String(old['id'])}/rotate`, {
      grace_seconds: 86_400,
    });

    expect((await stored(old['id']))['expires_at']).toBe(expiry);
    expect(successor['expires_at']).toBe(expiry);
  });

  it.each([-1, 86_401, 1.5, '60'])('takes no grace of %j seconds', async (graceSeconds) => {
    const { id } = await newKey();
    const refused = await tenant.asServer('POST', `keys/${String(id)}/rotate`, {
      grace_seconds: graceSeconds,
    });
    expect(refused.status).toBe(422);
  });

  it('has one successor, however many ask at once', async () => {
    const { id } = await newKey();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        tenant.asServer('POST', `keys/${String(id)}/rotate`, { grace_seconds: 60 }),
      ),
    );

    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      201,
      ...Array.from({ length: 7 }, () => 409),
    ]);
  });
});

describe('a limited key', () => {
  it('is refused when it comes too fast, with when to try again', async () => {
    api.setTime(new Date('2026-11-23T10:00:00Z'));
    const { secret } = await newKey({ rate_limit: { limit: 3, window_seconds: 10 } });
    const answers: Json[] = [];
    for (let i = 0; i < 4; i++) {
      answers.push(await verify(secret));
    }
    api.setTime(new Date('2026-11-23T10:00:10Z'));
    const later = await verify(secret);

    expect(answers.map(({ code }) => code)).toEqual(['valid', 'valid', 'valid', 'rate_limited']);
    expect(answers.map(({ rate_limit: limit }) => limit.remaining)).toEqual([2, 1, 0, 0]);
    expect(answers[3]).toMatchObject({
      valid: false,
      retry_after: 10,
      rate_limit: { of: 'key', limit: 3, resets_at: '2026-11-23T10:00:10.000Z' },
    });
    expect(later).toMatchObject({ valid: true, rate_limit: { remaining: 2 } });
    // More than the limit at once never fits, however long one waits.
    expect(await verify(secret, { cost: 4 })).toMatchObject({ code: 'rate_limited', retry_after: null });
    expect(await verify(secret, { cost: 3 })).toMatchObject({ code: 'rate_limited', retry_after: 10 });
  });

  it('shares its customer’s and its project’s limit with their other keys', async () => {
    // As the owner: now, while the token is valid.
    api.setTime(new Date());
    await tenant.asOwner('PATCH', 'key-settings', { customer_rate_limit: { limit: 3, window_seconds: 60 } });
    api.setTime(new Date('2026-11-23T11:00:00Z'));
    await tenant.asServer('POST', 'customers', { external_id: 'user_shared' });
    const project = await tenant.asServer('POST', 'projects', {
      customer: 'user_shared',
      name: 'App',
      rate_limit: { limit: 2, window_seconds: 60 },
    });
    const wish = { customer: 'user_shared', project: project.body['id'] };
    const [a, b, c] = [await newKey(wish), await newKey(wish), await newKey({ customer: 'user_shared' })];

    const codes = [];
    for (const key of [a, b, a, c, c]) {
      const { code, rate_limit: limit } = await verify(key['secret']);
      codes.push([code, limit.of]);
    }
    api.setTime(new Date());
    await tenant.asOwner('PATCH', 'key-settings', { customer_rate_limit: null });

    expect(codes).toEqual([
      ['valid', 'project'],
      ['valid', 'project'],
      ['rate_limited', 'project'],
      ['valid', 'customer'],
      ['rate_limited', 'customer'],
    ]);
  });
});

describe('a quota', () => {
  it('of the project’s feature refuses a key when nothing is left, and says when it is counted anew', async () => {
    const start = new Date('2026-11-01T00:00:00Z');
    api.setTime(new Date('2026-11-24T10:00:00Z'));
    await tenant.asServer('POST', 'customers', { external_id: 'user_quota' });
    await grant(api, tenant, {
      customer: 'user_quota',
      feature: 'api_calls',
      limit: 5,
      overage: 'block',
      anchor: start,
    });
    const project = await tenant.asServer('POST', 'projects', {
      customer: 'user_quota',
      name: 'App',
      quota_feature: 'api_calls',
    });
    const { secret } = await newKey({ customer: 'user_quota', project: project.body['id'] });
    const before = await verify(secret);
    await tenant.asServer('POST', 'usage/track', {
      idempotency_key: 'quota-1',
      customer: 'user_quota',
      meter: 'api_calls',
      value: 5,
    });

    expect(before).toMatchObject({
      valid: true,
      remaining: 5,
      quota: { limit: 5, used: 0, feature: 'api_calls' },
    });
    expect(await verify(secret)).toMatchObject({
      valid: false,
      code: 'quota_exceeded',
      reason: 'limit_reached',
      remaining: 0,
      // Six days and fourteen hours to the first of December.
      retry_after: 6 * 86_400 + 14 * 3_600,
      quota: { limit: 5, used: 5, resets_at: '2026-12-01T00:00:00.000Z' },
    });
    expect(await verify(secret, { feature: 'api_calls', cost: 2 })).toMatchObject({ code: 'quota_exceeded' });
  });

  it('is told to merchant and customer at 80 and at 100 %, once each in a period', async () => {
    api.setTime(new Date('2026-11-24T10:00:00Z'));
    const customer = await tenant.asServer('POST', 'customers', {
      external_id: 'user_told',
      email: 'told@example.com',
    });
    await grant(api, tenant, {
      customer: 'user_told',
      feature: 'api_calls',
      limit: 10,
      overage: 'allow',
      anchor: new Date('2026-11-01T00:00:00Z'),
    });
    const { secret } = await newKey({ customer: 'user_told' });
    const use = async (value: number, times: number) => {
      await tenant.asServer('POST', 'usage/track', {
        idempotency_key: `told-${value}-${times}`,
        customer: 'user_told',
        meter: 'api_calls',
        value,
      });
      for (let i = 0; i < times; i++) {
        await verify(secret, { feature: 'api_calls' });
      }
    };
    const told = async (): Promise<Json[]> => {
      const { rows } = await api.database.owner.query<Json>(
        `select a.kind, e.kind as mail, e.recipient from alerts a
         left join emails e on e.environment_id = a.environment_id and e.dedupe_key = a.dedupe_key
         where a.target_id = $1 order by a.id`,
        [customer.body['id']],
      );
      return rows;
    };

    await use(7, 5);
    const none = await told();
    await use(1, 5);
    const near = { kind: 'quota.near', mail: 'quota.near', recipient: 'told@example.com' };
    await expect.poll(told, { timeout: 10_000 }).toEqual([near]);
    await use(4, 5);
    await expect
      .poll(told, { timeout: 10_000 })
      .toEqual([near, { ...near, kind: 'quota.reached', mail: 'quota.reached' }]);

    expect(none).toEqual([]);
  });

  it('is used up by verifications that consume, to the last unit and by no more', async () => {
    api.setTime(new Date('2026-11-24T10:00:00Z'));
    await tenant.asServer('POST', 'features', { key: 'credits', name: 'Credits', type: 'metered' });
    await tenant.asServer('POST', 'customers', { external_id: 'user_consumes' });
    await grant(api, tenant, {
      customer: 'user_consumes',
      feature: 'credits',
      limit: 20,
      overage: 'block',
      anchor: new Date('2026-11-01T00:00:00Z'),
    });
    const { secret } = await newKey({ customer: 'user_consumes' });
    const consume = { feature: 'credits', consume: true };
    const repeated = [
      await verify(secret, { ...consume, idempotency_key: 'call-1' }),
      await verify(secret, { ...consume, idempotency_key: 'call-1' }),
    ];
    const answers = await Promise.all(Array.from({ length: 60 }, () => verify(secret, consume)));

    expect(repeated).toMatchObject([
      { valid: true, remaining: 19 },
      { valid: true, remaining: 19 },
    ]);
    expect(answers.filter(({ valid }) => valid === true).length).toBe(19);
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['valid', 'quota_exceeded']));
  });

  it('is taken from once per Idempotency-Key, in the body or as a header', async () => {
    api.setTime(new Date('2026-11-24T10:00:00Z'));
    await tenant.asServer('POST', 'customers', { external_id: 'user_repeats' });
    await grant(api, tenant, {
      customer: 'user_repeats',
      feature: 'api_calls',
      limit: 20,
      anchor: new Date('2026-11-01T00:00:00Z'),
    });
    const { secret } = await newKey({ customer: 'user_repeats' });
    const left = async (more: Json, header?: string) => {
      const body = { key: secret, feature: 'api_calls', ...more };
      const headers = header === undefined ? {} : { 'idempotency-key': header };
      return (await tenant.asServer('POST', 'keys/verify', body, headers)).body['remaining'];
    };

    const consume = { consume: true, cost: 3 };
    expect([await left(consume, 'header-1'), await left(consume, 'header-1')]).toEqual([17, 17]);
    expect(await left(consume, 'header-2')).toBe(14);
    // Who names one in the body means that one.
    expect(await left({ ...consume, idempotency_key: 'body-1' }, 'header-3')).toBe(11);
    expect(await left({ ...consume, idempotency_key: 'body-1' }, 'header-4')).toBe(11);
    // Nothing is taken where nothing is asked for, whatever key comes with it.
    expect(await left({ cost: 3 }, 'header-5')).toBe(11);
    const conflict = { key: secret, feature: 'api_calls', consume: true, cost: 4 };
    expect(
      await tenant.asServer('POST', 'keys/verify', conflict, { 'idempotency-key': 'header-1' }),
    ).toMatchObject({ status: 409, body: { error: { code: 'idempotency_conflict' } } });
    const tooLong = { 'idempotency-key': 'x'.repeat(256) };
    expect((await tenant.asServer('POST', 'keys/verify', conflict, tooLong)).status).toBe(422);
  });

  it('of a feature that the customer has no right to refuses the key', async () => {
    const { secret } = await newKey();
    expect(await verify(secret, { feature: 'api_calls' })).toMatchObject({
      valid: false,
      code: 'disabled',
      reason: 'not_entitled',
    });
  });

  it('follows a change of the project at once', async () => {
    const project = await tenant.asServer('POST', 'projects', { customer: 'user_42', name: 'Changing' });
    const { secret } = await newKey({ project: project.body['id'] });
    const before = await verify(secret);
    await tenant.asServer('PATCH', `projects/${project.body['id']}`, { quota_feature: 'api_calls' });

    expect(before).toMatchObject({ valid: true });
    expect(await verify(secret)).toMatchObject({ code: 'disabled', reason: 'not_entitled' });
  });

  it('is of a metered feature', async () => {
    await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
    const refused = await tenant.asServer('POST', 'projects', {
      customer: 'user_42',
      name: 'Odd',
      quota_feature: 'exports',
    });

    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'quota_feature_not_metered' } } });
  });

  it('of an unknown feature is a mistake of the caller', async () => {
    const { secret } = await newKey();
    const answer = await tenant.asServer('POST', 'keys/verify', { key: secret, feature: 'api_cals' });
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'feature_not_found' } } });
  });
});

describe('a project', () => {
  it('has a name of its own among its customer’s', async () => {
    const wish = { customer: 'user_42', name: 'Taken' };
    await tenant.asServer('POST', 'projects', wish);
    const again = await tenant.asServer('POST', 'projects', wish);

    expect(again).toMatchObject({ status: 409, body: { error: { code: 'project_name_taken' } } });
  });
});
