import { afterAll, beforeAll, expect, it } from 'vitest';
import { Sweeper } from '../../src/platform/jobs/sweeper.ts';
import { type Json, startApi, type Tenant, type TestApi } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
});
afterAll(() => api.close());

const open = async (): Promise<Json[]> => (await tenant.asOwner('GET', 'alerts?state=open')).body['data'];
const sweep = () => api.app.get(Sweeper).runAll();

it('credits that fall below what was set raise one alert, which ends when there is enough', async () => {
  await tenant.asServer('POST', 'features', {
    key: 'images',
    name: 'Images',
    type: 'metered',
    credit_cost: 2,
  });
  const customer = await tenant.asServer('POST', 'customers', { external_id: 'ada' });
  await grant(api, tenant, { customer: 'ada', feature: 'images', limit: 0 });
  const pool = `customers/${customer.body['id']}/credits`;
  await tenant.asServer('POST', `${pool}/grants`, { quantity: 20 });
  await tenant.asServer('PATCH', pool, { low_at: 10 });
  await sweep();
  expect(await open()).toEqual([]);

  const use = (quantity: number, key: string) =>
    tenant.asServer('POST', 'entitlements/consume', {
      idempotency_key: key,
      customer: 'ada',
      feature: 'images',
      quantity,
    });
  expect((await use(6, 'first')).body).toMatchObject({ allowed: true });
  await sweep();
  expect(await open()).toMatchObject([
    {
      kind: 'credits.low',
      detail: '8 credits are left of customer ada, less than the 10 that were set.',
      target: { type: 'customer', id: customer.body['id'] },
    },
  ]);
  const [told] = await open();
  await use(1, 'second');
  await sweep();
  // The same cause is told once.
  expect((await open()).map(({ id }) => id)).toEqual([told?.['id']]);

  await tenant.asServer('POST', `${pool}/grants`, { quantity: 20 });
  await sweep();
  expect(await open()).toEqual([]);
  expect((await tenant.asServer('GET', pool)).body).toMatchObject({ balance: 26, low_at: 10 });
});
