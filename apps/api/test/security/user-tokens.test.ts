import { createHmac, randomUUID } from 'node:crypto';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startApi, type Tenant, type TestApi } from '../fixtures/api.ts';
import { startIssuer } from '../fixtures/issuer.ts';

let api: TestApi;
let tenant: Tenant;

beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
});
afterAll(() => api.close());

const seconds = () => Math.floor(Date.now() / 1_000);
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function asMember(token: string) {
  return api.send('GET', 'onboarding', undefined, {
    authorization: `Bearer ${token}`,
    'x-billingos-environment': tenant.environment_id,
  });
}

function claims() {
  return {
    sub: tenant.user.id,
    email: tenant.user.email,
    role: 'authenticated',
    aud: 'authenticated',
    iss: `${api.issuer.url}/auth/v1`,
    exp: seconds() + 600,
  };
}

// SEC-6
describe('a member’s token', () => {
  it('lets the member in', async () => {
    expect((await asMember(await api.issuer.token(tenant.user))).status).toBe(200);
  });

  it.each([
    ['is missing', () => ''],
    ['is no token at all', () => 'hello'],
    ['has no signature', () => `${base64({ alg: 'none', typ: 'JWT' })}.${base64(claims())}.`],
    [
      'says “none” and has the signature of another',
      async () => {
        const signature = (await api.issuer.token(tenant.user)).split('.')[2];
        return `${base64({ alg: 'none', typ: 'JWT' })}.${base64(claims())}.${signature}`;
      },
    ],
    [
      'has other claims than were signed',
      async () => {
        const [header, , signature] = (
          await api.issuer.token({ id: randomUUID(), email: 'eve@example.com' })
        ).split('.');
        return `${header}.${base64(claims())}.${signature}`;
      },
    ],
    [
      'is signed by another project',
      async () => {
        const other = await startIssuer();
        await other.close();
        return other.token(tenant.user, { iss: `${api.issuer.url}/auth/v1` });
      },
    ],
    [
      'comes from another issuer',
      () => api.issuer.token(tenant.user, { iss: 'https://evil.example/auth/v1' }),
    ],
    ['has expired', () => api.issuer.token(tenant.user, { exp: seconds() - 61 })],
    ['is not valid yet', () => api.issuer.token(tenant.user, { nbf: seconds() + 120 })],
    ['is meant for another audience', () => api.issuer.token(tenant.user, { aud: 'somebody-else' })],
    ['is of the role anon', () => api.issuer.token(tenant.user, { role: 'anon' })],
    ['is of the service role', () => api.issuer.token(tenant.user, { role: 'service_role' })],
    ['names a user by something that is no id', () => api.issuer.token(tenant.user, { sub: 'not-a-uuid' })],
    ['has no e-mail address', () => api.issuer.token({ id: tenant.user.id, email: '' }, { email: 7 })],
  ])('is refused when it %s', async (_, forge) => {
    const answer = await asMember(await forge());

    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(['credential_missing', 'credential_invalid']).toContain(answer.body['error'].code);
  });

  it('is refused when it is signed with the public key as if that were a shared secret', async () => {
    const published = await fetch(`${api.issuer.url}/auth/v1/.well-known/jwks.json`);
    const text = await published.text();
    const { keys } = JSON.parse(text);
    const unsigned = `${base64({ alg: 'HS256', kid: keys[0].kid })}.${base64(claims())}`;
    const secrets = [
      text,
      JSON.stringify(keys[0]),
      keys[0].x,
      await exportSPKI((await generateKeyPair('ES256')).publicKey),
    ];

    for (const secret of secrets) {
      const signature = createHmac('sha256', secret).update(unsigned).digest('base64url');
      expect((await asMember(`${unsigned}.${signature}`)).status).toBe(401);
    }
  });

  it('is refused when it brings a key of its own', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const { exportJWK } = await import('jose');
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(publicKey) })
      .sign(privateKey);

    expect((await asMember(token)).status).toBe(401);
  });

  it('may be off by the half minute that clocks differ', async () => {
    expect((await asMember(await api.issuer.token(tenant.user, { exp: seconds() - 10 }))).status).toBe(200);
  });

  it('opens no environment to who is no member, with the words of one that does not exist', async () => {
    const token = await api.issuer.token({ id: randomUUID(), email: 'eve@example.com' });
    const enter = (environment: string) =>
      api.send('GET', 'onboarding', undefined, {
        authorization: `Bearer ${token}`,
        'x-billingos-environment': environment,
      });

    const [existing, imagined] = [await enter(tenant.environment_id), await enter('env_imagined')];

    expect(existing.status).toBe(404);
    expect({ ...existing.body['error'], request_id: '' }).toEqual({
      ...imagined.body['error'],
      request_id: '',
    });
  });

  it('gives no more rights the moment the member’s role is lowered, and none once they are removed', async () => {
    const own = await api.newTenant();
    const { owner } = api.database;

    await owner.query(`update members set role = 'viewer' where user_id = $1`, [own.user.id]);
    const lowered = await own.asOwner('POST', 'meters', { key: 'a', name: 'A' });
    const reading = await own.asOwner('GET', 'meters');
    await owner.query(`delete from members where user_id = $1`, [own.user.id]);
    const removed = await own.asOwner('GET', 'meters');

    expect(lowered.body['error'].code).toBe('scope_missing');
    expect(reading.status).toBe(200);
    expect(removed.status).toBe(404);
  });

  it('is worth nothing once Supabase deleted or banned its user', async () => {
    const [gone, banned, kept] = [await api.newTenant(), await api.newTenant(), await api.newTenant()];
    const { owner } = api.database;
    await owner.query(
      `create schema auth; create table auth.users (id uuid primary key, banned_until timestamptz)`,
    );
    await owner.query(
      `insert into auth.users values ($1, now() + interval '1 day'), ($2, now() - interval '1 day')`,
      [banned.user.id, kept.user.id],
    );

    const answers = await Promise.all(
      [gone, banned, kept].map(async ({ asOwner }) => [
        (await asOwner('GET', 'onboarding')).status,
        (await asOwner('GET', 'me')).status,
      ]),
    );
    await owner.query(`drop schema auth cascade`);

    expect(answers).toEqual([
      [404, 401],
      [404, 401],
      [200, 200],
    ]);
  });

  it('opens only routes of the account without an environment, and an API key none of those', async () => {
    const token = await api.issuer.token(tenant.user);
    const noEnvironment = await api.send('GET', 'onboarding', undefined, {
      authorization: `Bearer ${token}`,
    });
    const keyForAccount = await tenant.asServer('GET', 'me');

    expect(noEnvironment.status).toBe(404);
    expect(keyForAccount.status).toBe(401);
  });

  it('is verified from memory for ten minutes while Supabase is away, then answered with 503', async () => {
    const other = await startApi();
    const own = await other.newTenant();
    await other.issuer.close();

    const fromMemory = await own.asOwner('GET', 'me');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 60 * 1_000 });
    const fromNowhere = await own.asOwner('GET', 'me');
    vi.useRealTimers();
    await other.app.close();
    await other.database.drop();

    expect(fromMemory.status).toBe(200);
    expect(fromNowhere.status).toBe(503);
    expect(fromNowhere.body['error'].code).toBe('sign_in_unavailable');
  });
});
