import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type TestStack } from '../fixtures/stack.ts';
import { operations } from './matrix.ts';
import { declaredFields, described, parametersOf } from './parameters.ts';
import { recipes } from './recipes.ts';
import { fillVictim, type Victim } from './victim.ts';

let stack: TestStack;
let tenant: Victim;
beforeAll(async () => {
  stack = await startStack({ worker: false, webhooks: false });
  tenant = await fillVictim(stack);
});
afterAll(() => stack.close());

const all = operations().filter(({ isOpen }) => !isOpen);
const withBody = all.filter((operation) => described(operation).requestBody !== undefined);
const withQuery = all.filter((operation) => parametersOf(operation, 'query').length > 0);
const withPath = all.filter((operation) => parametersOf(operation, 'path').length > 0);

const foreignFields = {
  environment_id: 'env_other',
  merchant_id: 'mer_other',
  id: 'cus_mine',
  role: 'owner',
  status: 'active',
  amount: 1,
  created_at: '2020-01-01T00:00:00Z',
  stripe_customer_id: 'cus_other',
  version: 99,
};

const wrong: unknown[] = [
  null,
  true,
  -1,
  1e308,
  1.5,
  '',
  ' ',
  'x'.repeat(5_000),
  'a\u0000b',
  '\ud800',
  "'; drop table customers; --",
  [],
  {},
  [[[[]]]],
  { $ne: null },
  { nested: 'a\u0000b' },
  { nested: '\ud800' },
  { 'a\u0000b': 'key' },
];

// SEC-18, SEC-19, SEC-20
describe('a body', () => {
  it.each(withBody)('of $method $path is refused with a field that does not exist', async (operation) => {
    const [attempt] = (await recipes[operation.id]?.(tenant)) ?? [];
    const declared = new Set([...declaredFields(operation), ...Object.keys(Object(attempt?.body))]);
    const extra = Object.entries(foreignFields).filter(([field]) => !declared.has(field));
    const statuses: Record<string, number> = {};

    for (const [field, value] of extra) {
      const body: object = { ...Object(attempt?.body), [field]: value };
      const { status } = await tenant.asOwner(operation.method, attempt?.path ?? '', body);
      statuses[field] = status;
    }

    expect(extra.length).toBeGreaterThan(5);
    expect(statuses).toEqual(Object.fromEntries(extra.map(([field]) => [field, 422])));
  });

  it.each(withBody)('of $method $path is never failed on, whatever its fields hold', async (operation) => {
    const [attempt] = (await recipes[operation.id]?.(tenant)) ?? [];
    const body: Record<string, unknown> = Object(attempt?.body);
    const send = (changed: unknown) => tenant.asOwner(operation.method, attempt?.path ?? '', changed);
    const failed: string[] = [];

    for (const field of new Set([...Object.keys(body), ...declaredFields(operation)])) {
      for (const value of wrong) {
        const { status, body: answer } = await send({ ...body, [field]: value });
        if (status >= 500) {
          failed.push(`${field}: ${JSON.stringify(value).slice(0, 60)} → ${status} ${answer['error'].code}`);
        }
      }
    }
    for (const whole of [...wrong.filter((value) => typeof value !== 'object'), [], [{}], 'null']) {
      const { status } = await send(JSON.stringify(whole));
      if (status < 400 || status >= 500) {
        failed.push(`the whole body ${JSON.stringify(whole).slice(0, 40)} → ${status}`);
      }
    }

    expect(failed).toEqual([]);
  });

  it.each(withBody)('of $method $path cannot reach a prototype', async (operation) => {
    const [attempt] = (await recipes[operation.id]?.(tenant)) ?? [];
    const rest = JSON.stringify(attempt?.body ?? {}).slice(1);
    const separator = rest === '}' ? '' : ',';
    for (const start of ['{"__proto__":{"role":"owner"}', '{"constructor":{"prototype":{"role":"owner"}}']) {
      const { status } = await tenant.asOwner(
        operation.method,
        attempt?.path ?? '',
        start + separator + rest,
      );
      expect([400, 422], start).toContain(status);
    }
    expect(Reflect.get({}, 'role')).toBeUndefined();
  });

  it('of a batch is refused item by item: what cannot be stored does not touch its neighbours', async () => {
    const event = (key: string, customer: string) => ({
      idempotency_key: key,
      customer,
      meter: 'api_calls',
      value: 1,
    });
    const { status, body } = await tenant.asServer('POST', 'usage/track', {
      events: [
        event('b1', 'user_42'),
        event('b2', 'a\u0000b'),
        event('b3\ud800', 'user_42'),
        event('b4', 'user_42'),
      ],
    });

    expect(status).toBe(200);
    expect(body['results'].map((item: { status: string }) => item.status)).toEqual([
      'accepted',
      'rejected',
      'rejected',
      'accepted',
    ]);
  });

  it('may not hide a prototype in metadata or properties', async () => {
    const inMetadata = await tenant.asServer('POST', 'customers', '{"metadata":{"__proto__":"a"}}');
    const inProperties = await tenant.asServer(
      'POST',
      'usage/track',
      '{"idempotency_key":"p","customer":"user_42","meter":"api_calls","value":1,"properties":{"constructor":{"prototype":1}}}',
    );

    expect([400, 422]).toContain(inMetadata.status);
    expect([400, 422]).toContain(inProperties.status);
  });

  it('that is too deep, too large or not JSON is refused before anything looks into it', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const answers = [
      await tenant.asServer('POST', 'customers', deep),
      await tenant.asServer('POST', 'customers', `{"name":"${'x'.repeat(256 * 1024)}"}`),
      await tenant.asServer('POST', 'usage/track', `{"customer":"${'x'.repeat(1024 * 1024)}"}`),
      await tenant.asServer('POST', 'customers', '{"name":'),
      await tenant.asServer('POST', 'usage/track', { events: Array.from({ length: 1_001 }, () => ({})) }),
      await tenant.asServer('POST', 'customers', {
        metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v'])),
      }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([422, 413, 413, 400, 422, 422]);
  });

  it('of a batch is taken up to a megabyte', async () => {
    const events = Array.from({ length: 1_000 }, (_, at) => ({
      idempotency_key: `large-${at}`,
      customer: 'user_42',
      meter: 'api_calls',
      value: 1,
      properties: { note: 'x'.repeat(500) },
    }));
    const { status, body } = await tenant.asServer('POST', 'usage/track', { events });
    expect([status, body['results'].length]).toEqual([200, 1_000]);
  });
});

describe('a query', () => {
  it.each(withQuery)(
    'of $method $path is refused with a parameter that does not exist',
    async (operation) => {
      const [attempt] = (await recipes[operation.id]?.(tenant)) ?? [];
      const path = attempt?.path ?? '';
      const statuses: number[] = [];

      for (const extra of ['environment_id=env_other', 'role=owner', 'order_by=id;drop', 'offset=1']) {
        const url = `${path}${path.includes('?') ? '&' : '?'}${extra}`;
        statuses.push((await tenant.asOwner(operation.method, url)).status);
      }

      expect(statuses).toEqual([422, 422, 422, 422]);
    },
  );

  it.each(withQuery)('of $method $path is never failed on, whatever it holds', async (operation) => {
    const [attempt] = (await recipes[operation.id]?.(tenant)) ?? [];
    const [path, query] = (attempt?.path ?? '').split('?');
    const failed: string[] = [];
    for (const { name } of parametersOf(operation, 'query')) {
      for (const value of [
        '',
        '%00',
        '%27%20or%201=1--',
        '-1',
        '1e9',
        'NaN',
        '%ED%A0%80',
        'a%00b',
        '%F0%9F%92%A9',
      ]) {
        const given = new URLSearchParams(query);
        given.delete(name);
        const url = `${path}?${[given.toString(), `${name}=${value}`].join('&')}`;
        const repeated = `${url}&${name}=${value}`;
        for (const { status } of [
          await tenant.asOwner(operation.method, url),
          await tenant.asOwner(operation.method, repeated),
        ]) {
          if (status >= 500) {
            failed.push(`${name}=${value} → ${status}`);
          }
        }
      }
    }
    expect(failed).toEqual([]);
  });

  it('cannot ask for a page of more than a hundred', async () => {
    const limits = ['0', '101', '1e9', '-5', 'many', '1.5'];

    const answers = await Promise.all(
      limits.map((limit) => tenant.asServer('GET', `customers?limit=${limit}`)),
    );

    expect(answers.map(({ status }) => status)).toEqual(limits.map(() => 422));
    expect((await tenant.asServer('GET', 'customers?limit=100')).status).toBe(200);
  });
});

describe('a path', () => {
  it.each(withPath)('of $method $path is never failed on, whatever its id holds', async (operation) => {
    const [attempt] = (await recipes[operation.id]?.(tenant)) ?? [];
    const failed: string[] = [];
    for (const id of [
      '%00',
      'a%00b',
      '%27%3B--',
      '..%2F..%2Fetc',
      '%F0%9F%92%A9',
      'x'.repeat(300),
      '%25',
      'null',
    ]) {
      const path = operation.path.replace('/api/v1/', '').replace('{id}', id);
      const { status } = await tenant.asOwner(operation.method, path, attempt?.body);
      if (status < 400 || status >= 500) {
        failed.push(`${id.slice(0, 20)} → ${status}`);
      }
    }
    expect(failed).toEqual([]);
  });
});
