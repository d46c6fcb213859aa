import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

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
});
afterAll(() => api.close());

const start = Date.now();
const day = 86_400_000;

type Step =
  | { do: 'grant'; quantity: number; days: number | null; priority: number; from: number }
  | { do: 'use'; units: number }
  | { do: 'void' | 'restore'; which: number }
  | { do: 'wait'; days: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('grant' as const),
      quantity: fc.integer({ min: 1, max: 40 }),
      days: fc.option(fc.integer({ min: 5, max: 12 })),
      priority: fc.integer({ min: 49, max: 51 }),
      from: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('use' as const), units: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('void' as const, 'restore' as const),
      which: fc.integer({ min: 0, max: 9 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 3 }) }),
  },
);

interface Modelled {
  id: string;
  left: number;
  voided: number | null;
  from: number;
  until: number;
  priority: number;
}

/** Credits as anybody would do them on paper: a list, looked through from its beginning. */
class Model {
  readonly grants: Modelled[] = [];
  unpaid = 0;

  usable(now: number): Modelled[] {
    return this.grants
      .filter(({ left, from, until }) => left > 0 && from <= now && until > now)
      .sort((a, b) => a.priority - b.priority || a.until - b.until || (a.id < b.id ? -1 : 1));
  }

  use(units: number, now: number): void {
    let owed = units * 2;
    for (const grant of this.usable(now)) {
      const taken = Math.min(owed, grant.left);
      grant.left -= taken;
      owed -= taken;
    }
    this.unpaid += owed / 2;
  }

  expire(now: number): void {
    for (const grant of this.grants.filter(({ until }) => until <= now)) {
      grant.left = 0;
    }
  }

  balance(now: number): number {
    return this.usable(now).reduce((sum, { left }) => sum + left, 0);
  }
}

async function run(steps: Step[]): Promise<void> {
  const model = new Model();
  let now = start;
  api.setTime(new Date(now));
  const external = `user-${randomUUID()}`;
  const { body: customer } = await tenant.asServer('POST', 'customers', { external_id: external });
  for (const [index, one] of steps.entries()) {
    now += one.do === 'wait' ? one.days * day : 1;
    api.setTime(new Date(now));
    model.expire(now);
    switch (one.do) {
      case 'grant': {
        const from = now + one.from * day;
        const until = one.days === null ? undefined : now + one.days * day;
        const { body } = await tenant.asServer('POST', `customers/${customer['id']}/credits/grants`, {
          quantity: one.quantity,
          priority: one.priority,
          effective_at: new Date(from).toISOString(),
          ...(until === undefined ? {} : { expires_at: new Date(until).toISOString() }),
        });
        const { id } = body;
        model.grants.push({
          id,
          left: one.quantity,
          voided: null,
          from,
          until: until ?? Infinity,
          priority: one.priority,
        });
        break;
      }
      case 'use':
        model.use(one.units, now);
        await tenant.asServer('POST', 'usage/track', {
          idempotency_key: `${external}-${index}`,
          customer: external,
          meter: 'images',
          value: one.units,
          occurred_at: new Date(now).toISOString(),
        });
        break;
      case 'void':
      case 'restore': {
        const grant = model.grants[one.which % Math.max(1, model.grants.length)];
        if (grant !== undefined) {
          if (one.do === 'void' && grant.voided === null) {
            grant.voided = grant.left;
            grant.left = 0;
          } else if (one.do === 'restore' && grant.voided !== null) {
            grant.left = grant.until <= now ? 0 : grant.voided;
            grant.voided = null;
          }
          await tenant.asServer('POST', `credits/grants/${grant.id}/${one.do}`);
        }
        break;
      }
      case 'wait':
        break;
    }
    const { body } = await tenant.asServer('GET', `customers/${customer['id']}/credits`);
    expect(body['balance'], `after ${JSON.stringify(one)}`).toBe(model.balance(now));
  }

  const { body } = await tenant.asServer('GET', `customers/${customer['id']}/credits/grants?limit=100`);
  expect(Object.fromEntries(body['data'].map(({ id, remaining }: Json) => [id, remaining]))).toEqual(
    Object.fromEntries(model.grants.map(({ id, left }) => [id, left])),
  );
  const { rows } = await api.database.owner.query<{ same: boolean }>(
    `select bool_and(g.remaining = e.sum) as same from credit_grants g
     join (select grant_id, sum(quantity) from credit_entries where customer_id = $1 group by grant_id) e on e.grant_id = g.id
     where g.customer_id = $1`,
    [customer['id']],
  );
  expect(rows[0]?.same ?? true).toBe(true);
  const check = await tenant.asServer(
    'GET',
    `entitlements/check?customer=${external}&feature=images&required=0`,
  );
  if (check.body['credits'] !== null) {
    expect(check.body['credits']['balance']).toBe(model.balance(now));
  }
}

describe('INV-36: credits of random histories', () => {
  it('are what a plain list of grants says, after every step, and the sum of their entries', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), run), {
      numRuns: 25,
      endOnFailure: true,
    });
    api.setTime(new Date());
  }, 120_000);
});
