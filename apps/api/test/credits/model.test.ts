import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GrantAllowances } from '../../src/modules/credits/grant-allowances.ts';
import { Database } from '../../src/platform/database/database.ts';
import { type Json, startApi, type Tenant, type TestApi } from '../fixtures/api.ts';
import { PaperCredits, type Terms } from './paper-credits.ts';

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
  await tenant.asServer('POST', 'features', {
    key: 'images',
    name: 'Images',
    type: 'metered',
    credit_cost: 2,
  });
  await tenant.asServer('POST', 'plans', {
    key: 'plain',
    name: 'Plain',
    prices: [{ amount: 1_000, currency: 'usd', interval: 'year' }],
  });
});
afterAll(() => api.close());

/** Near the end of a month, so that some stories go on in the next. */
const start = Date.parse('2026-11-24T08:00:00Z');
const day = 86_400_000;

type Step =
  | { do: 'grant'; quantity: number; days: number | null; priority: number; from: number }
  | { do: 'use' | 'correct'; units: number }
  | { do: 'void' | 'restore'; which: number }
  | { do: 'change'; terms: Terms }
  | { do: 'withhold' | 'end' }
  | { do: 'wait'; days: number; hours: number };

const steps = {
  grant: fc.record({
    do: fc.constant('grant' as const),
    quantity: fc.integer({ min: 1, max: 40 }),
    days: fc.option(fc.integer({ min: 5, max: 12 })),
    priority: fc.integer({ min: 49, max: 51 }),
    from: fc.integer({ min: 0, max: 3 }),
  }),
  use: fc.record({ do: fc.constant('use' as const), units: fc.integer({ min: 1, max: 12 }) }),
  correct: fc.record({ do: fc.constant('correct' as const), units: fc.integer({ min: 1, max: 15 }) }),
  revert: fc.record({
    do: fc.constantFrom('void' as const, 'restore' as const),
    which: fc.integer({ min: 0, max: 9 }),
  }),
  change: fc.record({
    do: fc.constant('change' as const),
    terms: fc.record({
      quantity: fc.integer({ min: 1, max: 30 }),
      rollover: fc.option(
        fc.record({ max: fc.integer({ min: 1, max: 40 }), periods: fc.integer({ min: 1, max: 3 }) }),
      ),
    }),
  }),
  stop: fc.record({ do: fc.constantFrom('withhold' as const, 'end' as const) }),
  wait: fc.record({
    do: fc.constant('wait' as const),
    days: fc.integer({ min: 0, max: 3 }),
    hours: fc.integer({ min: 1, max: 23 }),
  }),
};
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: steps.grant },
  { weight: 5, arbitrary: steps.use },
  { weight: 2, arbitrary: steps.correct },
  { weight: 2, arbitrary: steps.revert },
  { weight: 2, arbitrary: steps.change },
  { weight: 1, arbitrary: steps.stop },
  { weight: 3, arbitrary: steps.wait },
);

async function run(told: Step[]): Promise<void> {
  const paper = new PaperCredits(start);
  let now = start;
  api.setTime(new Date(now));
  const external = `user-${randomUUID()}`;
  const { body: customer } = await tenant.asServer('POST', 'customers', {
    external_id: external,
    name: 'Acme',
    email: 'ap@acme.test',
  });
  const { body: subscription } = await tenant.asServer('POST', 'subscriptions', {
    customer: external,
    plan: 'plain',
    billing: 'manual',
  });
  /** As a subscription tells that changed. */
  const follow = (access: 'granted' | 'withheld' | 'none', terms: Terms) =>
    api.app.get(Database).tenant(tenant.environment_id, () =>
      api.app.get(GrantAllowances).apply(tenant.environment_id, {
        customer_id: customer['id'],
        subscription_id: subscription['id'],
        access,
        wanted: [
          {
            slot: 'plan',
            source: 'plan',
            quantity: String(terms.quantity),
            interval: 'day',
            interval_count: 1,
            anchor: new Date(start),
            rollover_max: terms.rollover === null ? null : String(terms.rollover.max),
            rollover_periods: terms.rollover?.periods ?? null,
          },
        ],
      }),
    );
  const send = async (path: string, body?: Json): Promise<Json> => {
    const answer = await tenant.asServer('POST', path, body);
    expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  };
  const report = (path: string, value: number, index: number, more: Json = {}) =>
    send(path, {
      idempotency_key: `${external}-${index}`,
      customer: external,
      meter: 'images',
      value,
      ...more,
    });

  for (const [index, one] of told.entries()) {
    now += one.do === 'wait' ? one.days * day + (one.hours * day) / 24 : 1;
    api.setTime(new Date(now));
    paper.settle(now);
    switch (one.do) {
      case 'grant': {
        const from = now + one.from * day;
        const until = one.days === null ? undefined : now + one.days * day;
        const { id } = await send(`customers/${customer['id']}/credits/grants`, {
          quantity: one.quantity,
          priority: one.priority,
          effective_at: new Date(from).toISOString(),
          ...(until === undefined ? {} : { expires_at: new Date(until).toISOString() }),
        });
        paper.give(id, one.quantity, { from, until: until ?? Infinity, priority: one.priority });
        break;
      }
      case 'use':
        paper.use(one.units, now);
        await report('usage/track', one.units, index);
        break;
      case 'correct': {
        const units = Math.min(one.units, paper.usedIn(now));
        if (units > 0) {
          paper.correct(units, now);
          await report('usage/corrections', -units, index, { reason: 'Reported wrongly' });
        }
        break;
      }
      case 'void':
      case 'restore': {
        const given = paper.grants.filter(({ id }) => id !== null);
        const grant = given[one.which % Math.max(1, given.length)];
        if (grant !== undefined) {
          if (one.do === 'void') {
            paper.makeVoid(grant);
          } else {
            paper.restore(grant, now);
          }
          await send(`credits/grants/${grant.id}/${one.do}`);
        }
        break;
      }
      case 'change':
        paper.change(one.terms, now);
        await follow('granted', one.terms);
        break;
      case 'withhold':
      case 'end':
        paper.stop(one.do === 'end');
        await follow(one.do === 'end' ? 'none' : 'withheld', { quantity: 1, rollover: null });
        break;
      case 'wait':
        break;
    }
    const { body } = await tenant.asServer('GET', `customers/${customer['id']}/credits`);
    expect(body['balance'], `after ${JSON.stringify(one)}`).toBe(paper.balance(now));
    expect(body['balance']).toBeGreaterThanOrEqual(0);
  }

  const { rows: grants } = await api.database.owner.query<{
    id: string;
    source: string;
    until: Date | null;
    left: number;
    sum: number;
  }>(
    `select g.id, g.source, g.expires_at as until, g.remaining::float8 as left,
            (select sum(e.quantity)::float8 from credit_entries e
             where e.environment_id = g.environment_id and e.grant_id = g.id) as sum
     from credit_grants g where g.customer_id = $1`,
    [customer['id']],
  );
  const left: Record<string, number> = {};
  for (const { id, source, until, left: one } of grants) {
    const name = source === 'manual' ? id : `${source} ${until?.getTime()}`;
    left[name] = (left[name] ?? 0) + one;
  }
  expect(left).toEqual(paper.left());
  expect(grants.map((grant) => grant.sum)).toEqual(grants.map((grant) => grant.left));
  const check = await tenant.asServer(
    'GET',
    `entitlements/check?customer=${external}&feature=images&required=0`,
  );
  if (check.body['credits'] !== null) {
    expect(check.body['credits']['balance']).toBe(paper.balance(now));
  }
}

// A failure prints the seed and the shortest story: `fc.assert(…, { seed, path })` tells it again.
describe('INV-36: credits of random histories', () => {
  it('with plans, rollovers and corrections are what a list on paper says, after every step, and the sum of their entries', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30 }), run), {
      numRuns: 25,
      endOnFailure: true,
    });
    api.setTime(new Date());
  }, 300_000);
});
