import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Redis } from '../../src/platform/redis.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';
import { fillVictim, type Victim } from './victim.ts';

const day = 86_400;
const guess = (n: number) => createHash('sha256').update(`guess ${n}`).digest('base64url');

let stack: TestStack;
let victim: Victim;
beforeAll(async () => {
  stack = await startStack({ worker: false, webhooks: false });
  victim = await fillVictim(stack);
});
afterAll(() => stack.close());
beforeEach(async () => {
  await stack.app.get(Redis).client.flushdb();
});

/** As from an address of its own: what one test guesses is not another's. */
const ask = async (path: string, address: string, body?: object) => {
  const answer = await stack.app.inject({
    method: body === undefined ? 'GET' : 'POST',
    url: `/api/v1/${path}`,
    remoteAddress: address,
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: answer.statusCode, body: answer.json() };
};

// SEC-14
describe('a link in a mail', () => {
  it('opens what it is for, and nothing personal', async () => {
    const { status, body } = await ask(victim.recovery.pay, '192.0.2.1');

    expect(status).toBe(200);
    expect(body).toMatchObject({
      merchant: 'Acme',
      state: 'open',
      due: { amount: 500, currency: 'usd' },
      lines: [{ description: 'Canary line', amount: { amount: 500 } }],
    });
    expect(JSON.stringify(body)).not.toMatch(/ada@|cus_|sub_|env_/);
  });

  it('is answered alike whether it is wrong, malformed, for something else or expired', async () => {
    const { pay, survey } = victim.recovery;
    const answers = [
      await ask(`pay/${guess(0)}`, '192.0.2.2'),
      await ask('pay/x', '192.0.2.2'),
      await ask(pay.replace('pay/', 'survey/'), '192.0.2.2'),
      await ask(survey.replace('survey/', 'pay/'), '192.0.2.2'),
    ];
    stack.passTime(30 * day);
    answers.push(await ask(pay, '192.0.2.2'));
    stack.passTime(-30 * day);

    const [first] = answers;
    for (const { status, body } of answers) {
      expect(status).toBe(404);
      expect({ ...body.error, request_id: '' }).toEqual({ ...first?.body.error, request_id: '' });
    }
    expect((await ask(pay, '192.0.2.2')).status).toBe(200);
  });

  it('cannot be guessed: after twenty wrong ones an address is refused, and others are not', async () => {
    const statuses: number[] = [];
    for (let n = 1; n <= 25; n++) {
      statuses.push((await ask(`${n % 2 === 0 ? 'pay' : 'survey'}/${guess(n)}`, '192.0.2.3')).status);
    }
    expect(statuses).toEqual([...Array<number>(20).fill(404), ...Array<number>(5).fill(429)]);
    expect((await ask(victim.recovery.pay, '192.0.2.3')).body.error.code).toBe('too_many_guesses');
    expect((await ask(victim.recovery.pay, '192.0.2.4')).status).toBe(200);

    // Another instance knows, too.
    const other = await stack.another();
    const answer = await other.app.inject({
      url: `/api/v1/${victim.recovery.pay}`,
      remoteAddress: '192.0.2.3',
    });
    await other.close();
    expect(answer.statusCode).toBe(429);
  });

  it('cannot be guessed while Redis is away either', async () => {
    const alone = await stack.another({ REDIS_URL: 'redis://127.0.0.1:1' });
    const statuses: number[] = [];
    for (let n = 1; n <= 22; n++) {
      const { statusCode } = await alone.app.inject({
        url: `/api/v1/pay/${guess(n)}`,
        remoteAddress: '192.0.2.5',
      });
      statuses.push(statusCode);
    }
    await alone.close();

    expect(statuses).toEqual([...Array<number>(20).fill(404), 429, 429]);
  });

  it('pays with a card that was confirmed for it, and with no other', async () => {
    const mine = await victim.newRecovery();
    const other = await victim.newRecovery();
    const foreign = await other.confirmCard();
    expect((await ask(`${mine.pay}/pay`, '192.0.2.6', { setup_intent: foreign })).body.error.code).toBe(
      'card_not_confirmed',
    );
    expect((await ask(`${mine.pay}/pay`, '192.0.2.6', { setup_intent: 'seti_none' })).body.error.code).toBe(
      'card_not_confirmed',
    );

    const paid = await ask(`${mine.pay}/pay`, '192.0.2.6', { setup_intent: await mine.confirmCard() });
    expect(paid.body).toEqual({ outcome: 'paid', message: null, confirm_url: null });
    expect((await ask(mine.pay, '192.0.2.6')).body).toMatchObject({ state: 'paid', total: { amount: 500 } });
    // A second click changes nothing.
    const again = await ask(`${mine.pay}/pay`, '192.0.2.6', { setup_intent: foreign });
    expect(again.body).toMatchObject({ outcome: 'paid' });
    expect((await victim.asServer('GET', `recoveries/${mine.id}`)).body).toMatchObject({
      state: 'recovered',
      recovered: { amount: 500 },
    });
  });

  it('takes one answer to its survey', async () => {
    const { survey, id } = await victim.newRecovery();
    expect((await ask(survey, '192.0.2.7')).body).toEqual({ merchant: 'Acme', is_answered: false });
    await ask(survey, '192.0.2.7', { reason: 'switched', comment: 'To a cheaper one', would_return: true });
    const second = await ask(survey, '192.0.2.7', { reason: 'other', comment: 'No!' });

    expect(second.body).toEqual({ merchant: 'Acme', is_answered: true });
    expect((await victim.asServer('GET', `recoveries/${id}`)).body['win_back']).toMatchObject({
      reason: 'switched',
      comment: 'To a cheaper one',
      would_return: true,
    });
  });

  it('is nowhere in the database', async () => {
    const { rows } = await stack.database.owner.query('select * from customer_links');
    const tokens = [victim.recovery.pay, victim.recovery.survey].map((path) => path.split('/')[1]);

    expect(tokens.some((token) => JSON.stringify(rows).includes(token ?? 'none'))).toBe(false);
  });
});
