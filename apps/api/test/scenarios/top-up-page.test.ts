import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Redis } from '../../src/platform/redis.ts';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

let stack: TestStack;
let tenant: Tenant;
beforeAll(async () => {
  stack = await startStack();
  tenant = await stack.newConnectedTenant();
  for (const [key, credits, amount] of [
    ['small', 50, 1_000],
    ['large', 500, 8_000],
  ] as const) {
    const terms = { key, name: key, credits, amount, currency: 'usd' };
    await tenant.asServer('POST', 'credits/packs', terms);
  }
});
afterAll(() => stack.close());
beforeEach(async () => {
  await stack.app.get(Redis).client.flushdb();
});

interface Page {
  customer: string;
  path: string;
  buy: (body?: Json) => Promise<{ status: number; body: Json }>;
  /** Enters a card into the page's form, and says the setup intent. */
  enter: (card: string) => Promise<string>;
  show: () => Promise<Json>;
}

async function newPage(wish: Json = {}): Promise<Page> {
  const { body: customer } = await tenant.asServer('POST', 'customers', {
    external_id: `user-${randomUUID()}`,
  });
  return pageOf(customer['id'], wish);
}

async function pageOf(customer: string, wish: Json = {}): Promise<Page> {
  const { status, body } = await tenant.asServer('POST', `customers/${customer}/credits/top-up-links`, wish);
  expect(status, JSON.stringify(body)).toBe(201);
  const path = new URL(body['url']).pathname.slice(1);
  const { stripe, account } = await stack.stripeOf(tenant);
  return {
    customer,
    path,
    buy: (more = {}) =>
      stack.send('POST', `${path}/buy`, { idempotency_key: randomUUID(), pack: 'small', ...more }),
    enter: async (card) => {
      const form = await stack.send('POST', `${path}/card-form`);
      const intent = String(form.body['client_secret']).split('_secret_')[0] ?? '';
      const confirmed = await stripe.setupIntents.confirm(
        intent,
        { payment_method: card, return_url: 'http://localhost/back' },
        { stripeAccount: account },
      );
      // The bank asks about the card, and the customer says yes.
      const question = confirmed.next_action?.redirect_to_url?.url ?? null;
      if (question !== null) {
        const yes = new URLSearchParams({ outcome: 'complete' });
        await fetch(question, { method: 'POST', body: yes, redirect: 'manual' });
      }
      return intent;
    },
    show: async () => {
      const page = await stack.send('GET', path);
      expect(page.status, JSON.stringify(page.body)).toBe(200);
      return page.body;
    },
  };
}

describe('the page where a customer buys credits', () => {
  it('shows what is sold and what the customer has, and nothing personal', async () => {
    const page = await newPage({ return_url: 'https://example.com/account' });
    await tenant.asServer('POST', `customers/${page.customer}/credits/grants`, { quantity: 12.5 });

    const shown = await page.show();
    expect(shown).toMatchObject({
      is_test: true,
      is_open: true,
      balance: 12.5,
      saved_card: null,
      purchases: [],
      return_url: 'https://example.com/account',
    });
    expect(shown['packs']).toMatchObject([
      { name: 'large', credits: 500, price: { amount: 8_000, currency: 'usd' } },
      { name: 'small', credits: 50, price: { amount: 1_000, currency: 'usd' } },
    ]);
    expect(JSON.stringify(shown)).not.toMatch(/cus_|env_|user-/);
  });

  it('sells with a new card, keeps it, and sells with the saved one from then on', async () => {
    const page = await newPage();
    const first = await page.buy({ setup_intent: await page.enter('pm_card_visa') });
    expect(first.body).toMatchObject({ state: 'paid', credits: 50, message: null, confirm_url: null });

    const shown = await page.show();
    expect(shown).toMatchObject({ balance: 50, saved_card: { brand: 'visa', last4: '4242' } });
    expect(shown['purchases']).toMatchObject([{ id: first.body['id'], state: 'paid' }]);

    const second = await page.buy({ pack: 'large', packs: 2 });
    expect(second.body).toMatchObject({ state: 'paid', credits: 1_000, amount: { amount: 16_000 } });
    expect((await stack.send('GET', `${page.path}/purchases/${second.body['id']}`)).body).toMatchObject({
      state: 'paid',
    });
    expect((await page.show())['balance']).toBe(1_050);
  });

  it('does not change what everything else is charged with', async () => {
    const page = await newPage();
    await page.buy({ setup_intent: await page.enter('pm_card_visa') });
    const bought = await page.buy({ setup_intent: await page.enter('pm_card_mastercard') });

    expect(bought.body).toMatchObject({ state: 'paid' });
    expect((await page.show())['saved_card']).toEqual({ brand: 'visa', last4: '4242' });
  });

  it('sells once for a key, also when it is clicked twice at once', async () => {
    const page = await newPage();
    const wish = { idempotency_key: randomUUID(), setup_intent: await page.enter('pm_card_visa') };
    const clicks = await Promise.all([page.buy(wish), page.buy(wish), page.buy(wish)]);
    const later = await page.buy(wish);
    await stack.settle();

    expect(new Set([...clicks, later].map(({ status, body }) => `${status} ${body['id']}`)).size).toBe(1);
    expect(await page.show()).toMatchObject({ balance: 50, purchases: [{ state: 'paid' }] });
  });

  it('keeps the bank’s reason to itself, and sells with another card', async () => {
    const page = await newPage();
    const refused = await page.buy({ setup_intent: await page.enter('pm_card_chargeCustomerFail') });
    expect(refused.body).toMatchObject({ state: 'failed' });
    expect(refused.body['message']).toContain('Try another one');

    const paid = await page.buy({ setup_intent: await page.enter('pm_card_visa') });
    expect(paid.body).toMatchObject({ state: 'paid' });
    expect((await page.show())['balance']).toBe(50);
  });

  it('leads to the bank’s confirmation', async () => {
    const page = await newPage();
    const waits = await page.buy({ setup_intent: await page.enter('pm_card_authenticationRequired') });

    expect(waits.body).toMatchObject({ state: 'confirm' });
    expect(waits.body['confirm_url']).toEqual(expect.stringContaining('http'));
  });

  it('asks for a card where there is none, and takes none that was not entered there', async () => {
    const page = await newPage();
    const other = await newPage();

    expect((await page.buy()).body['error'].code).toBe('card_needed');
    const foreign = await other.enter('pm_card_visa');
    expect((await page.buy({ setup_intent: foreign })).body['error'].code).toBe('card_not_confirmed');
    expect((await page.show())['purchases']).toEqual([]);
  });

  it('shows no purchase of somebody else, nor names it by its key', async () => {
    const page = await newPage();
    const other = await newPage();
    const key = randomUUID();
    const theirs = await other.buy({
      idempotency_key: key,
      setup_intent: await other.enter('pm_card_visa'),
    });

    expect((await stack.send('GET', `${page.path}/purchases/${theirs.body['id']}`)).status).toBe(404);
    const mine = await page.buy({ idempotency_key: key, setup_intent: await page.enter('pm_card_visa') });
    expect(mine.body).toMatchObject({ state: 'paid' });
    expect(mine.body['id']).not.toBe(theirs.body['id']);
  });

  it('tries no more cards of a customer after ten refusals in an hour, by whatever link', async () => {
    const page = await newPage();
    await stack.database.owner.query(
      `insert into credit_top_ups (environment_id, id, customer_id, pack_id, packs, credits, amount, currency, is_automatic,
                                   state, created_at)
       select p.environment_id, 'top_' || n, $1, p.id, 1, 50, 1000, 'usd', false, 'failed', now()
       from credit_packs p, generate_series(1, 10) n where p.environment_id = $2 and p.key = 'small'`,
      [page.customer, tenant.environment_id],
    );
    const again = await pageOf(page.customer);

    expect((await again.buy({ setup_intent: await again.enter('pm_card_visa') })).body['error'].code).toBe(
      'too_many_refusals',
    );
    stack.passTime(3_601);
    const later = await pageOf(page.customer);
    expect((await later.buy({ setup_intent: await later.enter('pm_card_visa') })).body['state']).toBe('paid');
    stack.passTime(-3_601);
  });

  it('is gone when its time is over', async () => {
    const page = await newPage({ expires_in_hours: 1 });
    stack.passTime(3_599);
    expect((await stack.send('GET', page.path)).status).toBe(200);
    stack.passTime(1);
    expect((await stack.send('GET', page.path)).body['error'].code).toBe('link_unknown');
    stack.passTime(-3_600);
  });
});
