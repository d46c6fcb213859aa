import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type TestStack } from '../fixtures/stack.ts';
import { type Operation, operations } from './matrix.ts';
import { declaredFields, described, parametersOf } from './parameters.ts';
import { recipes } from './recipes.ts';
import { fillVictim, type Victim } from './victim.ts';

// SEC-19. Whoever tries to inject SQL without seeing an answer lets Postgres sleep and looks at the clock. Here nobody looks at
// a clock: of this database pg_sleep counts its calls instead, in a sequence, which no rollback undoes.

let stack: TestStack;
let tenant: Victim;
beforeAll(async () => {
  stack = await startStack({ worker: false, webhooks: false });
  tenant = await fillVictim(stack);
  await stack.database.owner.query(`
    create sequence public.sleeps;
    -- What is built in is called whatever stands under its name, so that name is given to another.
    alter function pg_catalog.pg_sleep(double precision) rename to pg_slept;
    create function pg_catalog.pg_sleep(double precision) returns void
      language plpgsql volatile security definer set search_path = ''
      as $$ begin perform nextval('public.sleeps'); end $$`);
});
afterAll(() => stack.close());

async function sleeps(): Promise<number> {
  const { rows } = await stack.database.owner.query<{ count: number }>(
    'select case when is_called then last_value else 0 end::int as count from public.sleeps',
  );
  return rows[0]?.count ?? 0;
}

/** Each leaves some text that it was put into, and goes on as SQL. */
const payloads = [
  `' || (select 1 from pg_sleep(0)) || '`,
  `(select 1 from pg_sleep(0))`,
  `id", (select 1 from pg_sleep(0)) as "id`,
  `'; select pg_sleep(0); --`,
  `0; select pg_sleep(0)`,
];

const all = operations();
const withBody = all.filter((operation) => described(operation).requestBody !== undefined);
const withQuery = all.filter((operation) => parametersOf(operation, 'query').length > 0);
// What is open to all and changes something has its turn with its body: what it needs is used up by then.
const withPath = all.filter(
  (operation) =>
    parametersOf(operation, 'path').length > 0 && (!operation.isOpen || operation.method === 'GET'),
);

async function attempt({ id }: Operation): Promise<{ path: string; body: unknown }> {
  const [first] = (await recipes[id]?.(tenant)) ?? [];
  return { path: first?.path ?? '', body: first?.body };
}

/** Sends what must not be run; says what was failed on. */
async function send(
  { method }: Operation,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<string[]> {
  const { status } = await tenant.asOwner(method, path, body, headers);
  return status >= 500 ? [`${path} ${JSON.stringify(body)?.slice(0, 200)} → ${status}`] : [];
}

/** The body with one text of it, however deep, replaced: once for each. */
function withEachText(body: unknown, text: string): unknown[] {
  if (typeof body === 'string') {
    return [text];
  }
  if (Array.isArray(body)) {
    return body.flatMap((item, at) => withEachText(item, text).map((changed) => body.with(at, changed)));
  }
  if (typeof body === 'object' && body !== null) {
    return Object.entries(body).flatMap(([key, value]) => [
      ...withEachText(value, text).map((changed) => ({ ...body, [key]: changed })),
      { ...body, [text]: value },
    ]);
  }
  return [];
}

describe('SQL that lets Postgres sleep is never run', () => {
  it.each(withBody)('in the body of $method $path', async (operation) => {
    const { path, body } = await attempt(operation);
    const failed: string[] = [];
    for (const payload of payloads) {
      const bodies = [
        ...withEachText(body, payload),
        ...declaredFields(operation).map((field) => ({ ...Object(body), [field]: payload })),
      ];
      for (const changed of bodies) {
        failed.push(...(await send(operation, path, changed)));
      }
    }
    expect({ failed, sleeps: await sleeps() }).toEqual({ failed: [], sleeps: 0 });
  });

  it.each(withQuery)('in the query of $method $path', async (operation) => {
    const [path, query] = (await attempt(operation)).path.split('?');
    const failed: string[] = [];
    for (const payload of payloads) {
      for (const { name } of parametersOf(operation, 'query')) {
        const given = new URLSearchParams(query);
        given.set(name, payload);
        failed.push(...(await send(operation, `${path}?${given.toString()}`)));
        // Nor in its name.
        failed.push(...(await send(operation, `${path}?${encodeURIComponent(payload)}=1`)));
      }
    }
    expect({ failed, sleeps: await sleeps() }).toEqual({ failed: [], sleeps: 0 });
  });

  it.each(withPath)('in the path of $method $path', async (operation) => {
    const { body } = await attempt(operation);
    const failed: string[] = [];
    for (const payload of payloads) {
      const path = operation.path.replace('/api/v1/', '').replaceAll(/\{\w+\}/g, encodeURIComponent(payload));
      failed.push(...(await send(operation, path, body)));
    }
    expect({ failed, sleeps: await sleeps() }).toEqual({ failed: [], sleeps: 0 });
  });

  it('in a header', async () => {
    const failed: string[] = [];
    for (const payload of payloads) {
      for (const header of ['authorization', 'x-billingos-environment', 'idempotency-key', 'x-request-id']) {
        const value = header === 'authorization' ? `Bearer ${payload}` : payload;
        for (const operation of all.filter(({ id }) => id === 'listCustomers' || id === 'createCustomer')) {
          const { path, body } = await attempt(operation);
          failed.push(...(await send(operation, path, body, { [header]: value })));
        }
      }
    }
    expect({ failed, sleeps: await sleeps() }).toEqual({ failed: [], sleeps: 0 });
  });

  it('nor by what works later with what was stored', async () => {
    await stack.startWorker();
    await stack.settle();
    await stack.stopWorker();
    expect(await sleeps()).toBe(0);
  });
});

describe('it would have been noticed', () => {
  afterEach(() => stack.database.owner.query(`select setval('public.sleeps', 1, false)`));

  const careless: [string, (payload: string) => string][] = [
    ['a text', (payload) => `select 1 from customers where external_id = '${payload}'`],
    ['a pattern', (payload) => `select 1 from customers where external_id ilike '%${payload}%'`],
    ['a number', (payload) => `select 1 from customers limit ${payload}`],
    ['an order', (payload) => `select 1 from customers order by ${payload}`],
    ['a name', (payload) => `select "${payload}" from customers`],
    ['a list', (payload) => `select 1 from customers where id in ('a', '${payload}')`],
  ];

  it.each(careless)('of %s that is pasted into a statement', async (named, statement) => {
    for (const [index, payload] of payloads.entries()) {
      const text = statement(payload);
      // One that has a name is one statement, as all of ours are.
      await stack.database.owner.query({ name: `${named}-${index}`, text }).catch(() => undefined);
    }
    expect(await sleeps()).toBeGreaterThan(0);
  });

  it.each([payloads[3], payloads[4]])('of a second statement: %s', async (payload) => {
    const quote = payload?.startsWith("'") === true ? "'" : '';
    await stack.database.owner.query(`select ${quote}${payload}`);
    expect(await sleeps()).toBe(1);
  });

  it('although its transaction is rolled back', async () => {
    const client = await stack.database.owner.connect();
    await client.query('begin');
    await client.query('select pg_sleep(0)');
    await client.query('rollback');
    client.release();
    expect(await sleeps()).toBe(1);
  });
});
