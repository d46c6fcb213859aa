import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../../test/fixtures/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

describe('customers', () => {
  it('are found by our id and by the merchant’s own', async () => {
    const { asServer } = await api.newTenant();

    const created = await asServer('POST', 'customers', { external_id: 'user_42', email: 'ada@example.com' });

    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      external_id: 'user_42',
      email: 'ada@example.com',
      name: null,
      version: 1,
    });
    for (const reference of [created.body['id'], 'user_42', 'external:user_42', 'external: user_42']) {
      const found = await asServer('GET', `customers/${reference}`);
      expect(found.status).toBe(200);
      expect(found.body['id']).toBe(created.body['id']);
    }
  });

  it('may have a Stripe customer id as the merchant’s own id', async () => {
    const { asServer } = await api.newTenant();
    const created = await asServer('POST', 'customers', { external_id: 'cus_NffrFeUfNV2Hib' });

    const found = await asServer('GET', 'customers/cus_NffrFeUfNV2Hib');

    expect(found.body['id']).toBe(created.body['id']);
  });

  it('refuse an external id that another customer has, and say which to update', async () => {
    const { asServer } = await api.newTenant();
    await asServer('POST', 'customers', { external_id: 'user_42' });

    const second = await asServer('POST', 'customers', { external_id: 'user_42' });

    expect(second.status).toBe(409);
    expect(second.body['error']).toMatchObject({ code: 'external_id_taken', param: 'external_id' });
    expect(second.body['error'].message).toContain('PATCH /api/v1/customers/user_42');
    expect(second.body['error'].request_id).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it('refuse fields that do not exist, and name them', async () => {
    const { asServer } = await api.newTenant();

    const answer = await asServer('POST', 'customers', { external_id: 'a', environment_id: 'env_other' });

    expect(answer.status).toBe(422);
    expect(answer.body['error'].code).toBe('invalid_request');
    expect(answer.body['error'].message).toContain('environment_id');
  });

  it('keep what an update does not name', async () => {
    const { asServer } = await api.newTenant();
    await asServer('POST', 'customers', { external_id: 'user_1', name: 'Ada', metadata: { tier: 'gold' } });

    const updated = await asServer('PATCH', 'customers/user_1', { email: 'ada@example.com' });

    expect(updated.body).toMatchObject({
      name: 'Ada',
      email: 'ada@example.com',
      metadata: { tier: 'gold' },
      version: 2,
    });
  });

  it('keep their external id once they have one', async () => {
    const { asServer } = await api.newTenant();
    await asServer('POST', 'customers', { external_id: 'user_1' });

    const updated = await asServer('PATCH', 'customers/user_1', { external_id: 'user_2' });

    expect(updated.body['error'].code).toBe('external_id_is_fixed');
  });

  it('are listed newest first, page by page, and searched as written', async () => {
    const { asServer } = await api.newTenant();
    for (const name of ['Ada', 'Grace', '100%', 'Alan']) {
      await asServer('POST', 'customers', { external_id: name, name });
    }

    const first = await asServer('GET', 'customers?limit=3');
    const second = await asServer('GET', `customers?limit=3&cursor=${first.body['next_cursor']}`);
    const found = await asServer('GET', 'customers?search=%25');

    expect(first.body['data'].map((row: { name: string }) => row.name)).toEqual(['Alan', '100%', 'Grace']);
    expect(first.body['has_more']).toBe(true);
    expect(second.body).toMatchObject({ has_more: false, next_cursor: null, data: [{ name: 'Ada' }] });
    expect(found.body['data'].map((row: { name: string }) => row.name)).toEqual(['100%']);
  });

  it('are listed from where a page ended, and from nowhere else', async () => {
    const { asServer } = await api.newTenant();

    for (const cursor of ['', '2', 'zzz', 'cus_zzz']) {
      const { status, body } = await asServer('GET', `customers?cursor=${cursor}`);
      expect(status, cursor).toBe(422);
      expect(body['error']).toMatchObject({
        param: 'cursor',
        message: 'cursor: use next_cursor of the page before',
      });
    }
  });
});
