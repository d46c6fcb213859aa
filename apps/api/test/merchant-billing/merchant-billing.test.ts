import { submitForm } from '@billingos/local-stack/submit-form';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AlertsService } from '../../src/modules/alerts/alerts.service.ts';
import { RequestLogsService } from '../../src/modules/request-logs/request-logs.service.ts';
import type { Json, Tenant, TestApi } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

const card = {
  email: 'ada@example.com',
  card_number: '4242 4242 4242 4242',
  card_expiry: '12 / 34',
  card_cvc: '123',
  name: 'Ada Lovelace',
};

let stack: TestStack;
/** The instance as it is hosted: the house bills the merchants. */
let hosted: TestApi;
let house: Tenant;
let merchant: Tenant;

beforeAll(async () => {
  stack = await startStack({ worker: false });
  await stack.startWorker();
  house = await stack.newConnectedTenant();
  await stack.settle();
  await stack.stopWorker();
  hosted = await stack.another({ BILLING_ENVIRONMENT: house.environment_id });
  await stack.startWorker();
  // The worker's first sweep makes the plans.
  await vi.waitFor(async () => {
    if ((await house.asOwner('GET', 'plans')).body['data'].length < 3) {
      throw new Error('The plans are not made yet.');
    }
  }, 20_000);
  await stack.settle();
  merchant = await hosted.newTenant();
});
afterAll(async () => {
  await hosted.close();
  await stack.close();
});

const call = { endpoint: '/users/7', method: 'GET', status_code: 200, response_time_ms: 12 };
const log = (calls: number) => merchant.asServer('POST', 'track', { requests: Array(calls).fill(call) });
const plan = async (): Promise<Json> => (await merchant.asOwner('GET', 'merchant-plan')).body;
const choose = (key: string) =>
  merchant.asOwner('POST', 'merchant-plan/change', { plan: key, return_url: 'http://localhost/plan' });
const settings = (path: string, change: Json) => merchant.asOwner('PATCH', path, change);

describe('a hosted instance', () => {
  it('sells Free, Pro and Business, made once in the environment that bills', async () => {
    const { body } = await house.asOwner('GET', 'plans');
    expect(
      body['data'].map(({ key, prices }: Json) => [key, prices.map(({ amount }: Json) => amount)]).sort(),
    ).toEqual([
      ['business', [{ amount: 2_900, currency: 'usd' }]],
      ['free', []],
      ['pro', [{ amount: 900, currency: 'usd' }]],
    ]);
    expect(await plan()).toMatchObject({
      plan: { key: 'free', price: null, tracked_calls: 1_000, log_retention_days: 7 },
      tracked_calls: { used: 0, limit: 1_000 },
      plans: [
        { key: 'free', email_alerts: false, slack_alerts: false, priority_support: false },
        {
          key: 'pro',
          tracked_calls: 50_000,
          log_retention_days: 30,
          email_alerts: true,
          slack_alerts: false,
        },
        { key: 'business', tracked_calls: 500_000, log_retention_days: 90, priority_support: true },
      ],
    });
  });

  it('takes the calls of the month from a merchant on Free, over all its environments, and then no more', async () => {
    expect((await log(600)).status).toBe(200);
    expect((await log(399)).status).toBe(200);
    const live = await hosted.send(
      'POST',
      'api-keys',
      { name: 'live', type: 'secret' },
      { authorization: `Bearer ${merchant.token}`, 'x-billingos-environment': merchant.live_environment_id },
    );
    const last = await hosted.send('POST', 'track', call, {
      authorization: `Bearer ${live.body['secret']}`,
    });
    expect(last.status).toBe(200);
    expect((await plan())['tracked_calls']).toMatchObject({ used: 1_000, limit: 1_000 });

    const refused = await merchant.asServer('POST', 'track', call);
    expect(refused.status).toBe(429);
    expect(refused.body['error']).toMatchObject({ code: 'tracked_calls_used_up' });
    const resets = Date.parse((await plan())['tracked_calls'].resets_at) / 1_000;
    expect(refused.headers).toMatchObject({
      'x-ratelimit-limit': '1000',
      'x-ratelimit-used': '1000',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(resets),
    });
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(31 * 86_400);
    const { rows } = await stack.database.owner.query<{ calls: number }>(
      `select count(*)::int as calls from request_logs where environment_id = any ($1)`,
      [[merchant.environment_id, merchant.live_environment_id]],
    );
    expect(rows).toEqual([{ calls: 1_000 }]);
  });

  it('lets a merchant on Free have neither alerts elsewhere nor a longer log', async () => {
    for (const [path, change] of [
      ['notification-settings', { email_addresses: ['ops@acme.test'] }],
      ['notification-settings', { webhook_url: 'http://127.0.0.1:9/hook' }],
      ['notification-settings', { slack_webhook_url: 'http://127.0.0.1:9/slack' }],
      ['request-log-settings', { retention_days: 30 }],
    ] as const) {
      const refused = await settings(path, change);
      expect([refused.status, refused.body['error']?.code]).toEqual([403, 'not_in_plan']);
    }
    expect((await merchant.asOwner('GET', 'request-log-settings')).body).toEqual({ retention_days: 30 });
    await stack.database.owner.query('select app.roll_up_requests(1000)');
    await hosted.app.get(RequestLogsService).fitRetention();
    expect((await merchant.asOwner('GET', 'request-log-settings')).body).toEqual({ retention_days: 7 });
  });

  it('sells Pro on Stripe’s page, and what it has is there at once', async () => {
    const preview = await merchant.asOwner('POST', 'merchant-plan/preview-change', { plan: 'pro' });
    expect(preview.body).toMatchObject({ due_now: { amount: 900, currency: 'usd' } });
    const { body } = await choose('pro');
    await submitForm(String(body['checkout_url']), card);
    await stack.settle();

    expect(await plan()).toMatchObject({
      plan: { key: 'pro' },
      ends_at: null,
      tracked_calls: { limit: 50_000 },
    });
    expect((await log(1)).status).toBe(200);
    expect((await settings('notification-settings', { email_addresses: ['ops@acme.test'] })).status).toBe(
      200,
    );
    expect((await settings('request-log-settings', { retention_days: 30 })).status).toBe(200);
    expect(
      (await settings('notification-settings', { slack_webhook_url: 'http://127.0.0.1:9/' })).status,
    ).toBe(403);
  });

  it('changes to Business at once, and back to Free when what is paid for is over', async () => {
    const preview = async (key: string) =>
      (await merchant.asOwner('POST', 'merchant-plan/preview-change', { plan: key })).body;
    // Hardly a second of the month is gone: the whole difference, 29 − 9 dollars.
    expect(await preview('business')).toMatchObject({ due_now: { amount: 2_000, currency: 'usd' } });
    expect(await preview('pro')).toMatchObject({ due_now: null });
    expect((await choose('business')).body).toEqual({ checkout_url: null });
    expect(await plan()).toMatchObject({ plan: { key: 'business' }, tracked_calls: { limit: 500_000 } });
    const slack = await settings('notification-settings', { slack_webhook_url: 'http://127.0.0.1:9/' });
    expect(slack.status).toBe(200);

    expect((await choose('free')).body).toEqual({ checkout_url: null });
    const leaving = await plan();
    expect(leaving).toMatchObject({ plan: { key: 'business' }, ends_at: expect.any(String) });
    expect((await choose('business')).body).toEqual({ checkout_url: null });
    expect(await plan()).toMatchObject({ plan: { key: 'business' }, ends_at: null });
  });

  it('charges and limits each merchant for itself', async () => {
    const other = await hosted.newTenant();
    expect((await other.asOwner('GET', 'merchant-plan')).body).toMatchObject({
      plan: { key: 'free' },
      tracked_calls: { used: 0, limit: 1_000 },
    });
    const ofHouse = await other.asOwner('GET', `subscriptions?customer=external:${merchant.merchant_id}`);
    expect(ofHouse.body['error']).toMatchObject({ code: 'customer_not_found' });
  });

  it('does not tell an alert any more where the plan does not', async () => {
    const { body } = await house.asOwner('GET', `subscriptions?customer=external:${merchant.merchant_id}`);
    const ended = await house.asOwner('POST', `subscriptions/${body['data'][0].id}/cancel`, { when: 'now' });
    expect(ended.status).toBe(200);
    await stack.settle();
    expect(await plan()).toMatchObject({ plan: { key: 'free' } });

    await hosted.app.get(AlertsService).raise(merchant.environment_id, {
      kind: 'reconciliation.drift',
      dedupe_key: 'drift',
      title: '12 discrepancies',
      detail: 'Look at them.',
      target: { type: 'environment', id: merchant.environment_id },
    });
    await stack.settle();
    expect((await merchant.asOwner('GET', 'emails')).body['data']).toEqual([]);
    expect((await merchant.asOwner('GET', 'jobs?state=failed')).body['data']).toEqual([]);
  });

  it('limits neither the house nor an instance of one’s own', async () => {
    const unlimited = { plan: null, ends_at: null, tracked_calls: null, plans: [] };
    const ofHouse = await hosted.send('GET', 'merchant-plan', undefined, {
      authorization: `Bearer ${house.token}`,
      'x-billingos-environment': house.environment_id,
    });
    expect(ofHouse.body).toEqual(unlimited);
    const own = await stack.newTenant();
    expect((await own.asOwner('GET', 'merchant-plan')).body).toEqual(unlimited);
    const refused = await own.asOwner('POST', 'merchant-plan/change', {
      plan: 'pro',
      return_url: 'http://localhost/',
    });
    expect(refused.body['error']).toMatchObject({ code: 'no_plans_sold' });
  });
});
