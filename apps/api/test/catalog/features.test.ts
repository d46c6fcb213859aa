import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
});
afterAll(() => api.close());

describe('what a feature answers in an outage', () => {
  it('is no unless it says otherwise, and can be changed, which the audit log shows', async () => {
    const created = await tenant.asServer('POST', 'features', { key: 'sso', name: 'SSO', type: 'boolean' });
    expect(created.body).toMatchObject({ on_outage: 'deny' });

    const changed = await tenant.asServer('PATCH', 'features/sso', { on_outage: 'allow' });

    expect(changed.body).toMatchObject({ key: 'sso', on_outage: 'allow', credit_cost: null });
    const { body } = await tenant.asOwner('GET', 'audit-log');
    expect(body['data'][0]).toMatchObject({
      action: 'feature.updated',
      before: { credit_cost: null, on_outage: 'deny' },
      after: { credit_cost: null, on_outage: 'allow' },
    });
  });

  it('is said when it is created, and stays when something else changes', async () => {
    const { body } = await tenant.asServer('POST', 'features', {
      key: 'calls',
      name: 'Calls',
      type: 'metered',
      on_outage: 'allow',
    });
    expect(body).toMatchObject({ on_outage: 'allow' });

    const changed = await tenant.asServer('PATCH', 'features/calls', { credit_cost: 2 });

    expect(changed.body).toMatchObject({ credit_cost: 2, on_outage: 'allow' });
    expect((await tenant.asServer('PATCH', 'features/calls', { on_outage: 'maybe' })).status).toBe(422);
  });
});

describe('a metered feature', () => {
  it('is made with a meter that has filters and can be broken down', async () => {
    const filters = [
      { property: 'region', operator: 'in', values: ['eu', 'us'] },
      { property: 'internal', operator: 'exists', value: false },
    ];
    const { status } = await tenant.asServer('POST', 'features', {
      key: 'tokens',
      name: 'Tokens',
      type: 'metered',
      property: 'tokens',
      filters,
      group_by: ['model'],
    });

    expect(status).toBe(201);
    const { body } = await tenant.asServer('GET', 'meters/tokens');
    expect(body).toMatchObject({ aggregation: 'sum', property: 'tokens', filters, group_by: ['model'] });
  });

  it('is refused if its meter exists and counts otherwise: nobody’s filters are dropped silently', async () => {
    await tenant.asServer('POST', 'meters', { key: 'jobs', name: 'Jobs', aggregation: 'count' });
    const feature = { name: 'Jobs', type: 'metered' };

    for (const of of [{ key: 'jobs' }, { key: 'big_jobs', meter: 'jobs' }]) {
      const filters = [{ property: 'size', operator: 'eq', value: 'big' }];
      const { status, body } = await tenant.asServer('POST', 'features', { ...feature, ...of, filters });
      expect(status).toBe(409);
      expect(body['error']).toMatchObject({ code: 'meter_counts_otherwise', param: 'filters' });
    }
    const { status } = await tenant.asServer('POST', 'features', {
      ...feature,
      key: 'jobs',
      aggregation: 'count',
    });
    expect(status).toBe(201);
  });
});
