import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-10. Stripe's answers get lost, then nothing of ours runs for thirty hours in which a period ends and Stripe issues its
// invoice. Afterwards everything that was used is on invoices, once.

const at = (text: string) => new Date(`2027-${text}Z`);
const customers = ['ada', 'bob', 'eve', 'ivy'];

let stack: TestStack;
let tenant: Tenant;
beforeAll(async () => {
  stack = await startStack({ startsAt: at('01-01T00:00:00') });
  tenant = await stack.newConnectedTenant();
}, 120_000);
afterAll(() => stack.close());

async function post(path: string, body?: Json): Promise<Json> {
  const answer = await tenant.asServer('POST', path, body);
  expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

let events = 0;
const used = new Map<string, number>();
async function use(): Promise<void> {
  for (const customer of customers) {
    events += 1;
    const value = 1 + ((events * 7) % 50);
    used.set(customer, (used.get(customer) ?? 0) + value);
    await post('usage/track', { idempotency_key: `outage-${events}`, customer, meter: 'calls', value });
  }
}

async function states(): Promise<Record<string, number>> {
  const { rows } = await stack.database.owner.query<{ state: string; count: number }>(
    'select state, count(*)::int as count from usage_forwards group by 1',
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

describe('after thirty hours', () => {
  it('what was used is on invoices to the unit, though nobody knew what Stripe had been told', async () => {
    const seed = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
    await post('features', { key: 'calls', name: 'Calls', type: 'metered' });
    await post('plans', {
      key: 'pro',
      name: 'Pro',
      prices: [
        { amount: 1_000, currency: 'usd', interval: 'month' },
        { type: 'per_unit', unit_amount: '2', feature: 'calls', currency: 'usd', interval: 'month' },
      ],
      features: [{ feature: 'calls', limit: null }],
    });
    for (const customer of customers) {
      await post('customers', { external_id: customer });
      await post('subscriptions', { customer, plan: 'pro', payment_method: 'pm_card_visa' });
    }
    await stack.settle();
    await stack.moveTo(at('01-31T12:00:00'));
    const path = '/v1/billing/meter_events';
    stack.emulator.runFaults({
      seed,
      requests: [
        { kind: 'drop_after_apply', path, probability: 0.5 },
        { kind: 'server_error', path },
      ],
    });
    for (const minute of ['00', '02', '04', '06']) {
      await stack.moveTo(at(`01-31T12:${minute}:00`));
      await use();
    }
    await stack.moveTo(at('01-31T12:08:00'));
    expect((await states())['sending']).toBeGreaterThan(0);

    // The worker is away and nothing is heard of Stripe. The API goes on for a while.
    await stack.stopWorker();
    stack.emulator.pauseWebhooks();
    for (const hour of ['13', '15', '17']) {
      stack.setTime(at(`01-31T${hour}:00:00`));
      await use();
    }
    stack.emulator.advanceTo(at('02-01T18:08:00').getTime() / 1_000);
    stack.setTime(at('02-01T18:08:00'));
    stack.emulator.runFaults({});
    await stack.startWorker();
    stack.emulator.resumeWebhooks();
    for (const moment of ['18:08', '18:30', '19:00', '20:15', '21:30', '22:45']) {
      await stack.moveTo(at(`02-01T${moment}:00`));
    }
    expect(await states(), `seed ${seed}`).toEqual({ sent: expect.any(Number) });

    await stack.moveTo(at('02-10T00:00:00'));
    await use();
    await stack.moveTo(at('02-10T00:05:00'));
    await stack.moveTo(at('03-01T00:30:00'));
    await stack.moveTo(at('03-01T01:03:00'));
    await stack.moveTo(at('03-01T02:10:00'));
    for (const customer of customers) {
      const { body } = await tenant.asServer('GET', `invoices?limit=10&customer=${customer}`);
      const totals: number[] = body['data'].map((invoice: Json) => invoice['total'].amount);
      expect(totals).toHaveLength(3);
      expect(
        totals.reduce((sum, total) => sum + total, 0),
        `${customer}, seed ${seed}`,
      ).toBe(3 * 1_000 + 2 * (used.get(customer) ?? 0));
    }
  }, 400_000);
});
