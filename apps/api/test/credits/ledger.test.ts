import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
});
afterAll(() => api.close());

async function newCustomer(): Promise<string> {
  const { body } = await tenant.asServer('POST', 'customers', { external_id: `user-${randomUUID()}` });
  return String(body['id']);
}

const grant = async (customer: string, body: Json): Promise<Json> => {
  const answer = await tenant.asServer('POST', `customers/${customer}/credits/grants`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
};
const balance = async (customer: string): Promise<Json> =>
  (await tenant.asServer('GET', `customers/${customer}/credits`)).body;
const entries = async (customer: string): Promise<Json[]> =>
  (await tenant.asServer('GET', `customers/${customer}/credits/entries?limit=100`)).body['data'];
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

describe('credits that are granted', () => {
  it('make up the balance, those that are not effective yet left out', async () => {
    const customer = await newCustomer();
    await grant(customer, { quantity: 100.5 });
    await grant(customer, { quantity: 50, expires_at: inDays(3), reason: 'An apology' });
    await grant(customer, { quantity: 7, effective_at: inDays(1) });

    expect(await balance(customer)).toMatchObject({
      customer,
      balance: 150.5,
      scheduled: 7,
      next_expiry: { quantity: 50 },
      low_at: null,
      allowances: [],
    });
    const { body } = await tenant.asServer('GET', `customers/${customer}/credits/grants`);
    expect(body['data']).toMatchObject([
      { quantity: 7, remaining: 7, state: 'scheduled' },
      { quantity: 50, remaining: 50, state: 'active', reason: 'An apology', source: 'manual' },
      { quantity: 100.5, remaining: 100.5, state: 'active', expires_at: null, priority: 50 },
    ]);
  });

  it('are 0 for a customer who never had any', async () => {
    expect(await balance(await newCustomer())).toMatchObject({ balance: 0, scheduled: 0, next_expiry: null });
  });

  it('are given once for one Idempotency-Key', async () => {
    const customer = await newCustomer();
    const key = { 'idempotency-key': randomUUID() };
    const path = `customers/${customer}/credits/grants`;
    const both = await Promise.all([1, 2].map(() => tenant.asServer('POST', path, { quantity: 5 }, key)));

    expect(both[0]?.body['id']).toBe(both[1]?.body['id']);
    expect(await balance(customer)).toMatchObject({ balance: 5 });
  });

  it('are refused when nobody could ever use them', async () => {
    const customer = await newCustomer();
    const { status, body } = await tenant.asServer('POST', `customers/${customer}/credits/grants`, {
      quantity: 5,
      effective_at: inDays(2),
      expires_at: inDays(1),
    });
    expect([status, body['error']['code'], body['error']['param']]).toEqual([
      422,
      'credit_times_do_not_fit',
      'expires_at',
    ]);
  });

  it('are written off once when they expire, also by whoever only looks', async () => {
    const customer = await newCustomer();
    await grant(customer, { quantity: 40, expires_at: inDays(1) });
    await grant(customer, { quantity: 2 });

    api.setTime(new Date(Date.now() + 2 * 86_400_000));
    const looks = await Promise.all([1, 2, 3, 4].map(() => balance(customer)));
    api.setTime(new Date());

    expect(looks.map((look) => look['balance'])).toEqual([2, 2, 2, 2]);
    expect((await entries(customer)).map(({ kind, quantity }) => [kind, quantity])).toEqual([
      ['expire', -40],
      ['grant', 2],
      ['grant', 40],
    ]);
  });
});

describe('INV-36: a grant that is void', () => {
  it('gives back what voiding took when it is restored: the balance is what it was', async () => {
    const customer = await newCustomer();
    const { id } = await grant(customer, { quantity: 30 });

    const voided = await tenant.asServer('POST', `credits/grants/${id}/void`);
    expect(voided.body).toMatchObject({ remaining: 0, state: 'voided' });
    expect(await balance(customer)).toMatchObject({ balance: 0 });
    const restored = await tenant.asServer('POST', `credits/grants/${id}/restore`);

    expect(restored.body).toMatchObject({ remaining: 30, state: 'active', voided_at: null });
    expect(await balance(customer)).toMatchObject({ balance: 30 });
    expect((await entries(customer)).map(({ kind, quantity }) => [kind, quantity])).toEqual([
      ['unvoid', 30],
      ['void', -30],
      ['grant', 30],
    ]);
  });

  it('is void once, however many void it at once, and restored once', async () => {
    const customer = await newCustomer();
    const { id } = await grant(customer, { quantity: 30 });
    const twenty = Array.from({ length: 20 });

    await Promise.all(twenty.map(() => tenant.asServer('POST', `credits/grants/${id}/void`)));
    expect(await balance(customer)).toMatchObject({ balance: 0 });
    await Promise.all(twenty.map(() => tenant.asServer('POST', `credits/grants/${id}/restore`)));

    expect(await balance(customer)).toMatchObject({ balance: 30 });
    expect(await entries(customer)).toHaveLength(3);
  });

  it('is not found by another merchant', async () => {
    const { id } = await grant(await newCustomer(), { quantity: 30 });
    const other = await api.newTenant();
    const { status, body } = await other.asServer('POST', `credits/grants/${id}/void`);
    expect([status, body['error']['code']]).toEqual([404, 'credit_grant_not_found']);
  });
});
