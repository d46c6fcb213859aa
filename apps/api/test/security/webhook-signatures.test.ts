import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack, webhookSecret } from '../fixtures/stack.ts';

let stack: TestStack;
let tenant: Tenant;
let account: string;
const liveSecret = 'whsec_live_only_for_tests';
const newSecret = 'whsec_while_rotating';

beforeAll(async () => {
  stack = await startStack({
    worker: false,
    webhooks: false,
    settings: {
      STRIPE_TEST_WEBHOOK_SECRETS: `${newSecret},${webhookSecret}`,
      STRIPE_LIVE_WEBHOOK_SECRETS: liveSecret,
    },
  });
  tenant = await stack.newConnectedTenant();
  account = (await tenant.asOwner('GET', 'stripe-account')).body['stripe_account_id'];
});
afterAll(() => stack.close());

function event(fields: object = {}): string {
  return JSON.stringify({
    id: `evt_${randomUUID()}`,
    object: 'event',
    account,
    livemode: false,
    type: 'customer.updated',
    data: { object: { id: 'cus_1', object: 'customer', email: 'ada@example.com' } },
    ...fields,
  });
}

function sign(payload: string, options: { secret?: string; secondsAgo?: number } = {}): string {
  return Stripe.webhooks.generateTestHeaderString({
    payload,
    secret: options.secret ?? webhookSecret,
    timestamp: Math.floor(Date.now() / 1_000) - (options.secondsAgo ?? 0),
  });
}

function receive(body: string, signature: string | undefined, mode = 'test') {
  return stack.send('POST', `webhooks/stripe/${mode}`, body, {
    ...(signature === undefined ? {} : { 'stripe-signature': signature }),
  });
}

async function stored(): Promise<number> {
  const { rows } = await stack.database.owner.query<{ count: number }>(
    `select count(*)::int as count from webhook_events`,
  );
  return rows[0]?.count ?? -1;
}

// SEC-10, INV-26
describe('an event of Stripe', () => {
  it('is stored once with its job when its signature fits, by any of the secrets', async () => {
    const before = await stored();
    const [first, second] = [event(), event()];

    const answers = [
      await receive(first, sign(first)),
      await receive(first, sign(first)),
      await receive(second, sign(second, { secret: newSecret })),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await stored()).toBe(before + 2);
    const { rows } = await stack.database.owner.query(
      `select count(*)::int as jobs from outbox o join webhook_events w
       on o.payload ->> 'webhook_event_id' = w.id where w.stripe_event_id = $1`,
      [JSON.parse(first).id],
    );
    expect(rows).toEqual([{ jobs: 1 }]);
  });

  it('keeps ids only: nothing personal of its payload is stored', async () => {
    const { rows } = await stack.database.owner.query(`select payload::text from webhook_events`);

    expect(JSON.stringify(rows)).not.toContain('ada@example.com');
  });

  it('is refused with any byte changed', async () => {
    const before = await stored();
    const body = event();
    const signature = sign(body);
    const answers: number[] = [];

    for (let at = 0; at < body.length; at += 3) {
      const changed = `${body.slice(0, at)}${body[at] === 'x' ? 'y' : 'x'}${body.slice(at + 1)}`;
      answers.push((await receive(changed, signature)).status);
    }

    // A change that breaks the JSON is refused before the signature is looked at.
    expect(answers.filter((status) => status !== 422 && status !== 400)).toEqual([]);
    expect(answers).toContain(422);
    expect(await stored()).toBe(before);
  });

  it.each<[string, (body: string) => [body: string, signature: string | undefined, mode?: string]]>([
    ['it has no signature', (body) => [body, undefined]],
    ['its signature is empty', (body) => [body, '']],
    ['its signature is not one', (body) => [body, 't=now,v1=yes']],
    ['it is signed with a secret that is not ours', (body) => [body, sign(body, { secret: 'whsec_other' })]],
    ['it is signed with the empty secret', (body) => [body, sign(body, { secret: ' ' })]],
    ['it is 301 seconds old', (body) => [body, sign(body, { secondsAgo: 301 })]],
    ['it comes from 301 seconds ahead', (body) => [body, sign(body, { secondsAgo: -302 })]],
    [
      'its body was parsed and printed again',
      (body) => [JSON.stringify(JSON.parse(body), null, 1), sign(body)],
    ],
    ['it is a test event at the live endpoint', (body) => [body, sign(body, { secret: liveSecret }), 'live']],
    ['it is signed with the secret of the other mode', (body) => [body, sign(body, { secret: liveSecret })]],
  ])('is refused, and nothing stored, when %s', async (_, forge) => {
    const before = await stored();

    const answer = await receive(...forge(event()));

    expect(answer.status).toBe(422);
    expect(answer.body['error'].code).toBe('webhook_signature_invalid');
    expect(await stored()).toBe(before);
  });

  it('is refused when it is live and comes to the test endpoint with a signature that fits', async () => {
    const before = await stored();
    const body = event({ livemode: true });

    expect((await receive(body, sign(body))).status).toBe(422);
    expect(await stored()).toBe(before);
  });

  it('is accepted 299 seconds late', async () => {
    const body = event();

    expect((await receive(body, sign(body, { secondsAgo: 295 }))).status).toBe(200);
  });

  it.each([
    ['nobody here has', 'acct_of_nobody'],
    ['is not named', undefined],
  ])('of an account that %s is answered 404 and not stored', async (_, unknown) => {
    const before = await stored();
    const body = event({ account: unknown });

    expect((await receive(body, sign(body))).status).toBe(404);
    expect(await stored()).toBe(before);
  });

  it('is refused, whatever its signature, by an instance that has no secret', async () => {
    const without = await stack.another({ STRIPE_TEST_WEBHOOK_SECRETS: '' });
    const body = event();
    const signatures = [sign(body), sign(body, { secret: ' ' }), undefined];

    const answers = await Promise.all(
      signatures.map((signature) =>
        without.send(
          'POST',
          'webhooks/stripe/test',
          body,
          signature === undefined ? {} : { 'stripe-signature': signature },
        ),
      ),
    );
    await without.close();

    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422]);
  });
});
