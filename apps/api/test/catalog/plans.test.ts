import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const monthly = (amount: number) => ({ amount, currency: 'usd', interval: 'month' });

/** A merchant with a plan, an add-on and two features. */
async function begin() {
  tenant = await api.newTenant();
  const { asServer } = tenant;
  await asServer('POST', 'features', { key: 'calls', name: 'Calls', type: 'metered' });
  await asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [monthly(1_900)],
    features: [{ feature: 'calls', limit: 1_000 }],
    trial: { days: 14 },
  });
  await asServer('POST', 'add-ons', { key: 'support', name: 'Support', prices: [monthly(500)] });
  return asServer;
}

describe('a draft', () => {
  it('is replaced whole, sold when it is published, and leaves the versions before as they were', async () => {
    const asServer = await begin();
    await asServer('PUT', 'plans/pro/draft', {
      prices: [monthly(2_500)],
      features: [{ feature: 'exports' }],
    });
    const draft = await asServer('PUT', 'plans/pro/draft', { prices: [monthly(2_900)] });

    expect(draft.body).toMatchObject({
      plan: { key: 'pro' },
      version: { number: 2, trial: null },
      prices: [{ amount: { amount: 2_900, currency: 'usd' } }],
      features: [],
      warnings: [],
    });
    const sold = await asServer('GET', 'plans/pro');
    expect(sold.body).toMatchObject({
      version: { number: 1, trial: { days: 14, requires_card: true, end: 'cancel' } },
      prices: [{ amount: { amount: 1_900 } }],
    });

    const published = await asServer('POST', 'plans/pro/publish');
    expect(published.body).toMatchObject({ version: { number: 2 }, prices: [{ amount: { amount: 2_900 } }] });
    expect(await asServer('GET', 'plans/pro/draft')).toMatchObject({
      status: 404,
      body: { error: { code: 'draft_not_found' } },
    });
    expect((await asServer('POST', 'plans/pro/publish')).status).toBe(404);
    const versions = await asServer('GET', 'plans/pro/versions');
    expect(versions.body['data']).toMatchObject([
      { number: 2, prices: [{ amount: { amount: 2_900 } }], features: [] },
      { number: 1, prices: [{ amount: { amount: 1_900 } }], features: [{ feature: 'calls', limit: 1_000 }] },
    ]);
  });

  it('can be thrown away, and its number is given again', async () => {
    const asServer = await begin();
    await asServer('PUT', 'plans/pro/draft', { prices: [monthly(1)] });

    expect(await asServer('DELETE', 'plans/pro/draft')).toMatchObject({ status: 200 });

    expect((await asServer('DELETE', 'plans/pro/draft')).status).toBe(404);
    expect(await asServer('PUT', 'plans/pro/draft', {})).toMatchObject({ body: { version: { number: 2 } } });
  });

  it('that is refused leaves the one before', async () => {
    const asServer = await begin();
    await asServer('PUT', 'plans/pro/draft', { prices: [monthly(2_500)] });

    const refused = await asServer('PUT', 'plans/pro/draft', { prices: [monthly(1), monthly(2)] });

    expect(refused).toMatchObject({ body: { error: { code: 'price_repeated', param: 'prices.1' } } });
    expect(await asServer('GET', 'plans/pro/draft')).toMatchObject({
      body: { prices: [{ amount: { amount: 2_500 } }] },
    });
  });

  it('is one, however many save at once, and is published once', async () => {
    const asServer = await begin();

    const saved = await Promise.all(
      [1, 2, 3, 4].map((amount) => asServer('PUT', 'plans/pro/draft', { prices: [monthly(amount)] })),
    );
    const published = await Promise.all([1, 2, 3].map(() => asServer('POST', 'plans/pro/publish')));

    expect(saved.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(published.map(({ status }) => status).toSorted()).toEqual([200, 404, 404]);
    expect((await asServer('GET', 'plans/pro/versions')).body['data']).toHaveLength(2);
  });

  it('is the only version the database lets go', async () => {
    const asServer = await begin();
    const { body: plan } = await asServer('GET', 'plans/pro');
    const { owner } = api.database;
    const client = await owner.connect();
    try {
      await client.query('begin');
      await client.query('set local role billingos_api');
      await client.query(`select set_config('app.environment_id', $1, true)`, [tenant.environment_id]);
      for (const table of ['plan_features', 'prices', 'plan_versions']) {
        const column = table === 'plan_versions' ? 'id' : 'plan_version_id';
        const { rowCount } = await client.query(`delete from ${table} where ${column} = $1`, [
          plan['version'].id,
        ]);
        expect(rowCount, table).toBe(0);
      }
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});

describe('plans and add-ons', () => {
  it('are listed apart, without archived ones unless they are asked for', async () => {
    const asServer = await begin();
    const keys = async (path: string) =>
      (await asServer('GET', path)).body['data'].map(({ key }: { key: string }) => key);
    await asServer('POST', 'plans', { key: 'old', name: 'Old' });

    const archived = await asServer('POST', 'plans/old/archive');

    expect(archived.body['archived_at']).not.toBeNull();
    expect(await keys('plans')).toEqual(['pro']);
    expect(await keys('plans?archived=include')).toEqual(['old', 'pro']);
    expect(await keys('add-ons')).toEqual(['support']);
    await asServer('POST', 'plans/old/unarchive');
    expect(await keys('plans')).toEqual(['old', 'pro']);
    expect((await asServer('GET', 'add-ons/pro')).status).toBe(404);
    expect(await asServer('GET', 'plans/support')).toMatchObject({ body: { type: 'add_on' } });
  });

  it('do not stand in for each other: an add-on is not the default plan', async () => {
    await begin();

    const refused = await tenant.asOwner('PATCH', 'default-plan', { plan: 'support' });

    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'plan_is_add_on' } } });
  });

  it('are shown in web pages as they are sold: no draft, and nobody’s own price', async () => {
    const asServer = await begin();
    await asServer('POST', 'customers', { external_id: 'ada' });
    const { body: plan } = await asServer('GET', 'plans/pro');
    await asServer('POST', 'customers/ada/prices', { price: plan['prices'][0].id, amount: 7 });
    await asServer('PUT', 'plans/pro/draft', { prices: [monthly(9)] });
    const key = await tenant.asOwner('POST', 'api-keys', { name: 'page', type: 'publishable' });
    const authorization = `Bearer ${key.body['secret']}`;
    const inPage = (path: string) => api.send('GET', path, undefined, { authorization });

    expect((await inPage('plans/pro')).body['prices']).toMatchObject([{ amount: { amount: 1_900 } }]);
    expect((await inPage('plans')).body['data'][0].prices).toHaveLength(1);
    for (const path of ['plans/pro/draft', 'plans/pro/versions', 'customers/ada/prices', 'coupons']) {
      expect((await inPage(path)).status, path).toBe(403);
    }
  });
});

describe('a coupon', () => {
  it.each([
    [{ percent_off: 25 }, { percent_off: 25, amount_off: null, duration: 'once' }],
    [
      { percent_off: 33.33, duration: 'forever' },
      { percent_off: 33.33, duration: 'forever' },
    ],
    [
      { amount_off: 500, currency: 'usd', duration: 'repeating', duration_months: 3 },
      { percent_off: null, amount_off: { amount: 500, currency: 'usd' }, duration_months: 3 },
    ],
  ])('takes off %o', async (wish, shown) => {
    const asServer = await begin();

    const created = await asServer('POST', 'coupons', { key: 'Spring', name: 'Spring', ...wish });

    expect(created).toMatchObject({ status: 201, body: shown });
    expect((await asServer('GET', 'coupons/SPRING')).body).toEqual(created.body);
  });

  it.each([
    [{}, 'percent_off'],
    [{ percent_off: 10, amount_off: 1, currency: 'usd' }, 'percent_off'],
    [{ amount_off: 1 }, 'currency'],
    [{ percent_off: 10, currency: 'usd' }, 'currency'],
    [{ percent_off: 10, duration: 'repeating' }, 'duration_months'],
    [{ percent_off: 10, duration_months: 2 }, 'duration_months'],
    [{ percent_off: 10, redeem_by: '2020-01-01T00:00:00Z' }, 'redeem_by'],
  ])('of %o is refused, and says where', async (wish, param) => {
    const asServer = await begin();

    const refused = await asServer('POST', 'coupons', { key: 'SPRING', name: 'Spring', ...wish });

    expect(refused).toMatchObject({
      status: 422,
      body: { error: { code: 'coupon_terms_do_not_fit', param } },
    });
  });

  it('has a key that is the same in capitals, and is listed until it is archived', async () => {
    const asServer = await begin();
    await asServer('POST', 'coupons', { key: 'SPRING', name: 'Spring', percent_off: 25 });

    expect(await asServer('POST', 'coupons', { key: 'spring', name: 'Other', percent_off: 5 })).toMatchObject(
      {
        status: 409,
        body: { error: { code: 'key_taken' } },
      },
    );
    expect((await asServer('GET', 'coupons')).body['data']).toHaveLength(1);
    await asServer('POST', 'coupons/spring/archive');
    expect((await asServer('GET', 'coupons')).body['data']).toEqual([]);
    expect((await asServer('GET', 'coupons?archived=include')).body['data']).toHaveLength(1);
  });
});
