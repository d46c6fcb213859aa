import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type Json, type Tenant, type TestApi } from '../fixtures/api.ts';

let api: TestApi;
let tenants: [Tenant, Tenant];
beforeAll(async () => {
  api = await startApi();
  tenants = [await api.newTenant(), await api.newTenant()];
  for (const tenant of tenants) {
    await tenant.asServer('POST', 'features', { key: 'api_calls', name: 'API calls', type: 'metered' });
  }
});
afterAll(() => api.close());

const event = (key: string, more: Json = {}) => ({
  idempotency_key: key,
  customer: 'user_42',
  meter: 'api_calls',
  value: 1,
  ...more,
});

/** How often events with keys that begin so were counted, and their sum. */
async function counted(prefix: string): Promise<{ events: number; sum: number }> {
  const { rows } = await api.database.owner.query<{ events: number; sum: number }>(
    `select count(*)::int as events, coalesce(sum(value), 0)::float8 as sum
     from usage_events where idempotency_key like $1`,
    [`${prefix}%`],
  );
  return rows[0] ?? { events: 0, sum: 0 };
}

describe('an idempotency key', () => {
  it('gets the original answer again when the event is repeated', async () => {
    const [{ asServer }] = tenants;
    const first = await asServer('POST', 'usage/track', event('repeat-1'));
    const again = await asServer('POST', 'usage/track', event('repeat-1'));

    expect(first.body).toMatchObject({ status: 'accepted' });
    expect(again.status).toBe(200);
    expect(again.body).toEqual({ ...first.body, status: 'duplicate' });
    expect(await counted('repeat-')).toEqual({ events: 1, sum: 1 });
  });

  it.each([
    ['value', { value: 2 }],
    ['customer', { customer: 'user_43' }],
    ['time', { occurred_at: new Date().toISOString() }],
    ['property', { properties: { region: 'eu' } }],
  ])('is refused with another %s, and nothing is written', async (what, change) => {
    const [{ asServer }] = tenants;
    await asServer('POST', 'usage/track', event(`other-${what}`));
    const refused = await asServer('POST', 'usage/track', event(`other-${what}`, change));

    expect(refused.status).toBe(409);
    expect(refused.body['error']).toMatchObject({ code: 'idempotency_conflict', param: 'idempotency_key' });
    expect(await counted(`other-${what}`)).toEqual({ events: 1, sum: 1 });
  });

  it('is the same whatever the order of the properties', async () => {
    const [{ asServer }] = tenants;
    await asServer('POST', 'usage/track', event('order', { properties: { a: 1, b: 2 } }));
    const again = await asServer('POST', 'usage/track', event('order', { properties: { b: 2, a: 1 } }));
    expect(again.body).toMatchObject({ status: 'duplicate' });
  });

  it('is free again after a refusal, for the corrected event', async () => {
    const [{ asServer }] = tenants;
    const refused = await asServer('POST', 'usage/track', event('corrected', { meter: 'unknown' }));
    expect(refused.status).toBe(422);
    const corrected = await asServer('POST', 'usage/track', event('corrected'));
    expect(corrected.body).toMatchObject({ status: 'accepted' });
  });

  // INV-3
  it('counts as in a map per environment, for any sequence of events', async () => {
    const step = fc.record({
      tenant: fc.constantFrom(0, 1),
      events: fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.constantFrom(1, 2) }), {
        minLength: 1,
        maxLength: 5,
      }),
    });
    let run = 0;
    const expected = { events: 0, sum: 0 };
    const followModel = async (steps: { tenant: number; events: { key: string; value: number }[] }[]) => {
      const name = `model-${++run}-`;
      const model = new Map<string, { value: number; id: string }>();
      for (const { tenant, events } of steps) {
        const { body } = await (tenant === 0 ? tenants[0] : tenants[1]).asServer('POST', 'usage/track', {
          events: events.map(({ key, value }) => event(name + key, { value })),
        });
        const results: Json[] = body['results'];
        expect(results).toHaveLength(events.length);
        for (const [index, { key, value }] of events.entries()) {
          const known = model.get(`${tenant} ${key}`);
          const result = results[index];
          if (known === undefined) {
            expect(result).toMatchObject({ status: 'accepted', error: null });
            model.set(`${tenant} ${key}`, { value, id: String(result?.['id']) });
            expected.events += 1;
            expected.sum += value;
          } else if (known.value === value) {
            expect(result).toMatchObject({ status: 'duplicate', id: known.id });
          } else {
            expect(result).toMatchObject({ status: 'rejected', error: { code: 'idempotency_conflict' } });
          }
        }
      }
    };
    // 1,000 sequences, ten at a time: they are committed together, and must not notice each other.
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 10, maxLength: 10 }),
        async (sequences) => void (await Promise.all(sequences.map(followModel))),
      ),
      { numRuns: 100, endOnFailure: true },
    );
    expect(await counted('model-')).toEqual(expected);
  }, 120_000);

  // INV-4
  it('has one effect and one answer when sixteen requests send it at once, a hundred times', async () => {
    const [{ asServer }] = tenants;
    const sendAtOnce = async (key: number) => {
      const answers = await Promise.all(
        Array.from({ length: 16 }, () => asServer('POST', 'usage/track', event(`at-once-${key}-`))),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
      expect(answers.filter(({ body }) => body['status'] === 'accepted')).toHaveLength(1);
    };
    for (let first = 0; first < 100; first += 4) {
      await Promise.all([0, 1, 2, 3].map((offset) => sendAtOnce(first + offset)));
    }
    expect(await counted('at-once-')).toEqual({ events: 100, sum: 100 });
  }, 60_000);

  it('has one effect when two instances are sent it at once', async () => {
    const [tenant] = tenants;
    const other = await api.another();
    try {
      const headers = { authorization: `Bearer ${tenant.secretKey}` };
      for (let key = 0; key < 25; key++) {
        const answers = await Promise.all(
          Array.from({ length: 16 }, (_, index) =>
            (index % 2 === 0 ? api : other).send('POST', 'usage/track', event(`two-${key}-`), headers),
          ),
        );
        expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
      }
      expect(await counted('two-')).toEqual({ events: 25, sum: 25 });
    } finally {
      await other.close();
    }
  }, 60_000);
});

// INV-5
describe('a batch', () => {
  const bad = {
    'a malformed item': () => ({ nonsense: true }),
    'an item that is no object': () => 'nonsense',
    'a negative value': (key: string) => event(key, { value: -1 }),
    'an unknown meter': (key: string) => event(key, { meter: 'unknown' }),
    'an unknown customer id': (key: string) => event(key, { customer: `cus_${'0'.repeat(32)}` }),
    'a customer without a name': (key: string) => event(key, { customer: 'external: ' }),
    'an event from the future': (key: string) => event(key, { occurred_at: '2099-01-01T00:00:00Z' }),
    'a key that came before with another body': () => event('taken', { value: 7 }),
  };

  it.each(Object.entries(bad))('counts the neighbours of %s, in whatever position', async (what, make) => {
    const [{ asServer }] = tenants;
    await asServer('POST', 'usage/track', event('taken'));
    const prefix = `batch-${what}-`;
    for (let position = 0; position < 100; position += 11) {
      const name = `${prefix}${position}-`;
      const { body, status } = await asServer('POST', 'usage/track', {
        events: Array.from({ length: 100 }, (_, index) =>
          index === position ? make(`${name}bad`) : event(`${name}${index}-`),
        ),
      });
      expect(status).toBe(200);
      const results: Json[] = body['results'];
      expect(results.map((result) => result['status'])).toEqual(
        Array.from({ length: 100 }, (_, index) => (index === position ? 'rejected' : 'accepted')),
      );
      expect(await counted(name)).toEqual({ events: 99, sum: 99 });
    }
  });

  it('counts each good item once, whichever of the others are bad or repeated', async () => {
    const [{ asServer }] = tenants;
    const kind = fc.constantFrom('good', 'good', 'repeated', 'malformed', 'no meter');
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(kind, { minLength: 100, maxLength: 100 }), async (kinds) => {
        const name = `mixed-${++run}-`;
        await asServer('POST', 'usage/track', event(`${name}first`));
        const { body } = await asServer('POST', 'usage/track', {
          events: kinds.map((what, index) => {
            switch (what) {
              case 'repeated':
                return event(`${name}first`);
              case 'malformed':
                return { ...event(`${name}${index}-`), value: 'many' };
              case 'no meter':
                return event(`${name}${index}-`, { meter: 'unknown' });
              default:
                return event(`${name}${index}-`);
            }
          }),
        });
        const results: Json[] = body['results'];
        const statusOf = {
          good: 'accepted',
          repeated: 'duplicate',
          malformed: 'rejected',
          'no meter': 'rejected',
        };
        expect(results.map((result) => result['status'])).toEqual(kinds.map((what) => statusOf[what]));
        expect((await counted(name)).events).toBe(kinds.filter((what) => what === 'good').length + 1);
      }),
      { numRuns: 30, endOnFailure: true },
    );
  }, 60_000);

  it('is refused whole when it is empty or has more than a thousand items', async () => {
    const [{ asServer }] = tenants;
    const tooMany = Array.from({ length: 1_001 }, (_, index) => event(`too-many-${index}`));
    expect((await asServer('POST', 'usage/track', { events: [] })).status).toBe(422);
    expect((await asServer('POST', 'usage/track', { events: tooMany })).status).toBe(422);
    expect(await counted('too-many-')).toEqual({ events: 0, sum: 0 });
  });
});
