import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type Json, type Tenant, type TestApi } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
  await tenant.asServer('POST', 'features', { key: 'calls', name: 'Calls', type: 'metered' });
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await tenant.asServer('POST', 'features', { key: 'region', name: 'Region', type: 'config' });
});
afterAll(() => api.close());

async function newCustomer(granted: Omit<Parameters<typeof grant>[2], 'customer'>[] = []): Promise<string> {
  const customer = `c-${randomUUID()}`;
  await tenant.asServer('POST', 'customers', { external_id: customer });
  for (const wish of granted) {
    await grant(api, tenant, { customer, ...wish });
  }
  return customer;
}

const override = (customer: string, body: Json) =>
  tenant.asServer('POST', `customers/${customer}/entitlement-overrides`, { reason: 'pilot', ...body });

const check = async (customer: string, feature: string, required = 1): Promise<Json> =>
  (
    await tenant.asServer(
      'GET',
      `entitlements/check?customer=${customer}&feature=${feature}&required=${required}`,
    )
  ).body;

describe('an override', () => {
  it('replaces what plans grant, until it is removed, and the next check knows', async () => {
    const customer = await newCustomer([{ feature: 'calls', limit: 100, overage: 'allow' }]);
    const before = await check(customer, 'calls', 101);
    expect(before).toMatchObject({ allowed: true, limit: 100, overage: 1 });

    const { status, body } = await override(customer, { feature: 'calls', limit: 20 });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^ovr_/),
      feature: 'calls',
      mode: 'replace',
      granted: true,
      limit: 20,
      overage: 'block',
      reason: 'pilot',
      expires_at: null,
    });
    const during = await check(customer, 'calls', 21);
    expect(during).toMatchObject({ allowed: false, reason: 'limit_reached', limit: 20 });
    expect(during['version']).toBeGreaterThan(before['version']);

    await tenant.asServer('DELETE', `customers/${customer}/entitlement-overrides/${body['id']}`);
    const after = await check(customer, 'calls', 101);
    expect(after).toMatchObject({ allowed: true, limit: 100, overage: 1 });
    expect(after['version']).toBeGreaterThan(during['version']);
    expect((await tenant.asServer('GET', `customers/${customer}/entitlement-overrides`)).body).toEqual({
      data: [],
    });
  });

  it('adds to what plans grant, as often as there are some, and leaves overage to them', async () => {
    const customer = await newCustomer([{ feature: 'calls', limit: 100, overage: 'allow' }]);
    await override(customer, { feature: 'calls', mode: 'add', limit: 50 });
    await override(customer, { feature: 'calls', mode: 'add', limit: 25 });
    expect(await check(customer, 'calls', 180)).toMatchObject({ allowed: true, limit: 175, overage: 5 });
  });

  it('takes the place of the one before it', async () => {
    const customer = await newCustomer([{ feature: 'calls', limit: 100 }]);
    await override(customer, { feature: 'calls', limit: 20 });
    await override(customer, { feature: 'calls', limit: null });
    expect(await check(customer, 'calls', 1_000)).toMatchObject({ allowed: true, limit: null });
    const { body } = await tenant.asServer('GET', `customers/${customer}/entitlement-overrides`);
    expect(body['data']).toHaveLength(1);
  });

  it('grants who has no subscription, and denies who has one', async () => {
    const without = await newCustomer();
    await override(without, { feature: 'exports' });
    await override(without, { feature: 'region', value: 'eu' });
    expect(await check(without, 'exports')).toMatchObject({ allowed: true });
    expect(await check(without, 'region')).toMatchObject({ allowed: true, value: 'eu' });

    const withOne = await newCustomer([{ feature: 'exports' }, { feature: 'calls', limit: null }]);
    await override(withOne, { feature: 'exports', granted: false });
    await override(withOne, { feature: 'calls', limit: 0 });
    expect(await check(withOne, 'exports')).toMatchObject({ allowed: false, reason: 'not_entitled' });
    expect(await check(withOne, 'calls')).toMatchObject({
      allowed: false,
      reason: 'limit_reached',
      limit: 0,
    });
  });

  it('does not give what is withheld for money', async () => {
    const customer = await newCustomer([{ feature: 'calls', limit: 100, suspended: true }]);
    await override(customer, { feature: 'calls', limit: 1_000 });
    expect(await check(customer, 'calls')).toMatchObject({ allowed: false, reason: 'past_due' });
  });

  it('holds until it expires, without anybody having to run', async () => {
    const customer = await newCustomer([{ feature: 'calls', limit: 100 }]);
    const expiresAt = new Date(Date.now() + 1_000);
    await override(customer, { feature: 'calls', limit: 20, expires_at: expiresAt.toISOString() });
    expect(await check(customer, 'calls')).toMatchObject({ limit: 20 });
    await new Promise((resolve) => setTimeout(resolve, expiresAt.getTime() - Date.now() + 20));
    expect(await check(customer, 'calls')).toMatchObject({ limit: 100 });
  });

  it('is written down in the audit log with its reason', async () => {
    const customer = await newCustomer();
    const { body } = await override(customer, { feature: 'exports', reason: 'asked by sales' });
    await tenant.asServer('DELETE', `customers/${customer}/entitlement-overrides/${body['id']}`);
    const log = await tenant.asOwner('GET', 'audit-log?limit=2');
    expect(log.body['data']).toMatchObject([
      { action: 'entitlement_override.removed', before: { id: body['id'], feature: 'exports' } },
      { action: 'entitlement_override.created', after: { id: body['id'], reason: 'asked by sales' } },
    ]);
  });

  it.each([
    [{ feature: 'calls' }, 'grant_does_not_fit_feature', 'limit'],
    [{ feature: 'exports', limit: 1 }, 'grant_does_not_fit_feature', 'limit'],
    [{ feature: 'exports', granted: false, mode: 'add' }, 'grant_does_not_fit_feature', 'mode'],
    [{ feature: 'calls', granted: false, limit: 0 }, 'grant_does_not_fit_feature', 'limit'],
    [{ feature: 'region' }, 'grant_does_not_fit_feature', 'value'],
    [{ feature: 'exports', expires_at: '2020-01-01T00:00:00Z' }, 'expiry_not_ahead', 'expires_at'],
    [{ feature: 'typo' }, 'feature_not_found', 'feature'],
  ])('%j is refused: %s', async (body, code, param) => {
    const customer = await newCustomer();
    expect((await override(customer, body)).body['error']).toMatchObject({ code, param });
  });
});

describe('the entitlements of a customer', () => {
  it('say where each comes from', async () => {
    await tenant.asServer('POST', 'plans', {
      key: 'free',
      name: 'Free',
      group: 'free',
      features: [{ feature: 'calls', limit: 10, caps: [{ interval: 'day', quantity: 5 }] }],
    });
    await tenant.asServer('PUT', 'plans/free/draft', { features: [{ feature: 'calls', limit: 99 }] });
    await tenant.asOwner('PATCH', 'default-plan', { plan: 'free' });
    const customer = await newCustomer();
    const { body: added } = await override(customer, { feature: 'calls', mode: 'add', limit: 5 });
    const { body: denied } = await override(customer, { feature: 'exports', granted: false });

    const { body } = await tenant.asServer('GET', `customers/${customer}/entitlements`);

    expect(body['features']).toMatchObject([
      {
        feature: 'calls',
        allowed: true,
        allowed_up_to: 5,
        limit: 15,
        caps: [{ interval: 'day', quantity: 5, used: 0 }],
        sources: [
          { type: 'default_plan', plan: 'free', limit: 10 },
          { type: 'override', override: added['id'], mode: 'add', limit: 5 },
        ],
      },
      {
        feature: 'exports',
        allowed: false,
        reason: 'not_entitled',
        sources: [{ type: 'override', override: denied['id'], granted: false }],
      },
    ]);
  });
});
