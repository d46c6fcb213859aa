import { describe, expect, inject, test } from 'vitest';

const { web } = inject('addresses');

describe('the doors of the web app', () => {
  test.each([
    '/dashboard',
    '/dashboard/new',
    '/dashboard/somebody/live',
    '/dashboard/somebody/live/customers',
  ])('%s sends a stranger to the login page', async (path) => {
    const answer = await fetch(`${web}${path}`, { redirect: 'manual' });

    expect(answer.status).toBe(307);
    expect(answer.headers.get('location')).toBe('/login');
  });

  test('a forged middleware header opens nothing', async () => {
    const headers = { 'x-middleware-subrequest': Array(5).fill('src/proxy').join(':') };

    const page = await fetch(`${web}/dashboard/somebody/live`, { redirect: 'manual', headers });
    const data = await fetch(`${web}/api/billing/api/v1/me`, { headers });

    expect(page.headers.get('location')).toBe('/login');
    expect(data.status).toBe(401);
  });

  test('the way to the API needs a session', async () => {
    const answer = await fetch(`${web}/api/billing/api/v1/customers`);

    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: { code: 'not_signed_in' } });
  });

  test.each([undefined, 'https://evil.example', 'null', `${web}.evil.example`])(
    'a write that comes from %s is refused',
    async (origin) => {
      const answer = await fetch(`${web}/api/billing/api/v1/merchants`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(origin === undefined ? {} : { origin }) },
        body: '{"name":"Mallory"}',
      });

      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ error: { code: 'cross_site_request' } });
    },
  );

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s needs our own origin and a session', async (method) => {
    const path = `${web}/api/billing/api/v1/customers/somebody/spend-cap`;
    const foreign = await fetch(path, { method, headers: { origin: 'https://evil.example' } });
    const nobody = await fetch(path, { method, headers: { origin: new URL(web).origin } });

    expect([foreign.status, nobody.status]).toEqual([403, 401]);
  });

  test.each(['/api/billing/health', '/api/billing/api/v1/../../metrics', '/api/billing/metrics'])(
    '%s leads nowhere but to the versioned API',
    async (path) => {
      const answer = await fetch(`${web}${path}`);

      expect(answer.status).toBe(404);
    },
  );

  test('logging in never leads to another site', async () => {
    const answer = await fetch(`${web}/login?next=https://evil.example`);

    expect(await answer.text()).not.toContain('value="https://evil.example');
  });

  test('every page forbids foreign scripts and frames', async () => {
    const [one, two] = await Promise.all([fetch(`${web}/`), fetch(`${web}/`)]);
    const policy = one.headers.get('content-security-policy') ?? '';

    expect(policy).toMatch(/script-src 'self' 'nonce-[^']+' 'strict-dynamic';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toBe(two.headers.get('content-security-policy'));
    expect(one.headers.get('x-content-type-options')).toBe('nosniff');
    expect(one.headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin');
  });

  test('the errors page has an anchor for each code of the API', async () => {
    const page = await (await fetch(`${web}/docs/errors`)).text();

    for (const code of ['customer_not_found', 'invalid_request', 'scope_missing']) {
      expect(page).toContain(`id="${code}"`);
    }
  });
});
