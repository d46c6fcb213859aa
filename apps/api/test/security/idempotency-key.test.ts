import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditService } from '../../src/modules/audit/audit.service.ts';
import type { Answer, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

let stack: TestStack;
let tenant: Tenant;
beforeAll(async () => {
  stack = await startStack({ worker: false, webhooks: false });
  tenant = await stack.newConnectedTenant();
});
afterAll(() => stack.close());

const key = (value: string) => ({ 'idempotency-key': value });

async function count(table: string, environmentId = tenant.environment_id): Promise<number> {
  const { rows } = await stack.database.owner.query<{ count: number }>(
    `select count(*)::int as count from ${table} where environment_id = $1`,
    [environmentId],
  );
  return rows[0]?.count ?? -1;
}

// INV-3, INV-4
describe('an Idempotency-Key', () => {
  it('makes one effect of many requests at once, and gives all of them the one answer', async () => {
    const before = await count('customers');
    const keys = Array.from({ length: 6 }, (_, i) => `at-once-${i}`);

    const answers = await Promise.all(
      keys.map((each) =>
        Promise.all(
          Array.from({ length: 16 }, () => tenant.asServer('POST', 'customers', { name: each }, key(each))),
        ),
      ),
    );

    expect(await count('customers')).toBe(before + keys.length);
    for (const ofOneKey of answers) {
      expect(new Set(ofOneKey.map(({ status }) => status))).toEqual(new Set([201]));
      expect(ofOneKey.map(({ body }) => body)).toEqual(ofOneKey.map(() => ofOneKey[0]?.body));
      expect(ofOneKey.filter(({ headers }) => headers['idempotent-replayed'] === 'true').length).toBe(15);
    }
  });

  it('makes one subscription of many requests at once; who comes too early is told to repeat', async () => {
    await tenant.asServer('POST', 'plans', {
      key: 'pro',
      name: 'Pro',
      prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
    });
    await tenant.asServer('POST', 'customers', { external_id: 'user_1' });
    const subscribe = () =>
      tenant.asServer(
        'POST',
        'subscriptions',
        { customer: 'user_1', plan: 'pro', payment_method: 'pm_card_visa' },
        key('subscribe-once'),
      );

    const answers = await Promise.all(Array.from({ length: 8 }, subscribe));
    const repeated = await subscribe();

    const done = answers.filter(({ status }) => status === 201);
    const early = answers.filter(({ status }) => status === 409);
    expect(done.length + early.length).toBe(8);
    expect(early.every(({ body }) => body['error'].code === 'idempotency_in_progress')).toBe(true);
    expect(repeated.status).toBe(201);
    expect(done.map(({ body }) => body['id'])).toEqual(done.map(() => repeated.body['id']));
    const { stripe, account } = await stack.stripeOf(tenant);
    expect((await stripe.subscriptions.list({}, { stripeAccount: account })).data.length).toBe(1);
  });

  it.each([
    ['another body', 'customers', { name: 'Grace' }],
    ['another field', 'customers', { name: 'Ada', email: 'ada@example.com' }],
    ['another route', 'meters', { name: 'Ada', key: 'ada' }],
  ])('used for %s is a conflict, and nothing is written', async (what, path, body) => {
    const own = `conflict ${what}`;
    await tenant.asServer('POST', 'customers', { name: 'Ada' }, key(own));
    const before = [await count('customers'), await count('meters'), await count('outbox')];

    const second = await tenant.asServer('POST', path, body, key(own));

    expect(second.status).toBe(409);
    expect(second.body['error']).toMatchObject({ code: 'idempotency_conflict', param: 'Idempotency-Key' });
    expect([await count('customers'), await count('meters'), await count('outbox')]).toEqual(before);
  });

  it('means nothing in another environment', async () => {
    const stranger = await stack.newTenant();
    const send = (who: Tenant) => who.asServer('POST', 'customers', { name: 'Ada' }, key('shared'));

    const [first, second] = [await send(tenant), await send(stranger)];

    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body['id']).not.toBe(first.body['id']);
    expect(second.headers['idempotent-replayed']).toBeUndefined();
  });

  it('of a usage event counts once in each environment', async () => {
    const stranger = await stack.newTenant();
    const event = { idempotency_key: 'shared', customer: 'user_1', meter: 'api_calls' };
    for (const who of [tenant, stranger]) {
      await who.asServer('POST', 'meters', { key: 'api_calls', name: 'Calls' });
    }

    const answers = [
      await tenant.asServer('POST', 'usage/track', { ...event, value: 1 }),
      await stranger.asServer('POST', 'usage/track', { ...event, value: 2 }),
      await tenant.asServer('POST', 'usage/track', { ...event, value: 1 }),
      await tenant.asServer('POST', 'usage/track', { ...event, value: 2 }),
    ];

    expect(answers.map(({ status, body }) => body['status'] ?? status)).toEqual([
      'accepted',
      'accepted',
      'duplicate',
      409,
    ]);
    expect(answers[1]?.body['id']).not.toBe(answers[0]?.body['id']);
    for (const [who, value] of [
      [tenant, 1],
      [stranger, 2],
    ] as const) {
      const { body } = await who.asServer('GET', 'usage');
      expect(body['data']).toMatchObject([{ value, event_count: 1 }]);
    }
  });

  it('is free again when the request was refused', async () => {
    const refused = await tenant.asServer('POST', 'customers', { external_id: '' }, key('corrected'));
    const duplicate = await tenant.asServer('POST', 'customers', { external_id: 'user_1' }, key('corrected'));
    const corrected = await tenant.asServer('POST', 'customers', { external_id: 'user_2' }, key('corrected'));

    expect([refused.status, duplicate.status, corrected.status]).toEqual([422, 409, 201]);
  });

  it('leaves no record when the work was rolled back, so that a repetition does it', async () => {
    const audit = stack.app.get(AuditService);
    const record = audit.record.bind(audit);
    const before = await count('customers');
    // After the customer was inserted, in its transaction.
    audit.record = () => Promise.reject(new Error('The disk is full.'));

    const failed = await tenant.asServer('POST', 'customers', { name: 'Later' }, key('rolled-back'));
    audit.record = record;
    const records = await stack.database.owner.query(
      `select 1 from request_idempotency where key = 'rolled-back'`,
    );
    const rows = await count('customers');
    const repeated = await tenant.asServer('POST', 'customers', { name: 'Later' }, key('rolled-back'));

    expect(failed.status).toBe(500);
    expect(records.rowCount).toBe(0);
    expect(rows).toBe(before);
    expect(repeated.status).toBe(201);
    expect(await count('customers')).toBe(before + 1);
  });

  it('never stores an answer that holds a secret', async () => {
    const make = (): Promise<Answer> =>
      tenant.asOwner('POST', 'api-keys', { name: 'once', type: 'secret' }, key('shown-once'));

    const first = await make();
    const keys = await count('api_keys');
    const second = await make();

    expect(first.status).toBe(201);
    expect(second.status).toBe(409);
    expect(second.body['error'].code).toBe('answer_shown_once');
    expect(await count('api_keys')).toBe(keys);
    const { rows } = await stack.database.owner.query(
      `select response from request_idempotency where key = 'shown-once'`,
    );
    expect(rows).toEqual([{ response: null }]);
  });

  it('of more than 255 characters is refused', async () => {
    const answer = await tenant.asServer('POST', 'customers', {}, key('x'.repeat(256)));

    expect(answer.status).toBe(422);
    expect(answer.body['error'].param).toBe('Idempotency-Key');
  });
});
