import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RecoverPayment } from '../../src/modules/recovery/recover-payment.ts';
import type { Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

const day = 86_400;
/** Numbers of test cards, for what becomes of a card that was good when it was attached. */
const [good, insufficientFunds, lostCard] = [
  '4242424242424242',
  '4000000000009995',
  '4000000000009987',
] as const;

let stack: TestStack;
let tenant: Tenant;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
beforeEach(async () => {
  await stack.settle();
  stack.mailbox.mails.length = 0;
  stack.emulator.setRecovery({ retry_after_days: [], outcome: 'past_due' });
  // A member's token is of now; the emulator's clock never goes back.
  stack.setTime(new Date());
  tenant = await stack.newConnectedTenant();
  stack.setTime(emulatorTime());
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await tenant.asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
    features: [{ feature: 'exports' }],
  });
  await stack.settle();
});

function emulatorTime(): Date {
  return new Date(stack.emulator.now() * 1_000);
}

/** Lets so much time pass for everybody, and everything happen that falls due. */
async function pass(seconds: number): Promise<void> {
  stack.emulator.advanceTo(stack.emulator.now() + seconds);
  stack.setTime(emulatorTime());
  await sweep();
}

async function sweep(): Promise<void> {
  await stack.settle();
  await stack.app.get(RecoverPayment).sweep();
  await stack.settle();
}

const server = (path: string) => tenant.asServer('GET', path);
const recovery = async () => (await server('recoveries')).body['data'][0];
const check = async () => {
  const { body } = await server('entitlements/check?customer=user_42&feature=exports');
  return { allowed: body['allowed'], reason: body['reason'] };
};
const mails = () => stack.mailbox.mails.filter(({ to }) => to === mailOf()).map(({ subject }) => subject);
const mailOf = () => `ada@${tenant.environment_id.slice(-8)}.test`;

/** Makes a new card what the customer is charged with, as in Stripe's portal. */
async function useNewCard(): Promise<void> {
  const { stripe, account } = await stack.stripeOf(tenant);
  const { stripe_customer_id: customer } = (await server('customers/user_42')).body;
  const attached = await stripe.paymentMethods.attach(
    'pm_card_mastercard',
    { customer },
    { stripeAccount: account },
  );
  await stripe.customers.update(
    customer,
    { invoice_settings: { default_payment_method: attached.id } },
    { stripeAccount: account },
  );
}

/** The customer's card fares as the test card of this number from now on. */
async function turnCard(number: string): Promise<void> {
  const { stripe, account } = await stack.stripeOf(tenant);
  const { stripe_customer_id: customer } = (await server('customers/user_42')).body;
  const { data } = await stripe.paymentMethods.list({ customer }, { stripeAccount: account });
  for (const method of data) {
    stack.emulator.turnCard(method.id, number);
  }
}

/** A subscription of $19.00 a month whose second month is refused. Ends an hour after the period, when Stripe charged. */
async function failedRenewal(number: string): Promise<void> {
  await tenant.asServer('POST', 'customers', { external_id: 'user_42', name: 'Ada', email: mailOf() });
  const { body } = await tenant.asServer('POST', 'subscriptions', {
    customer: 'user_42',
    plan: 'pro',
    payment_method: 'pm_card_visa',
  });
  await turnCard(number);
  await stack.settle();
  const end = new Date(body['current_period_end']).getTime() / 1_000;
  await pass(end + 3_700 - stack.emulator.now());
}

async function set(path: string, change: object): Promise<void> {
  stack.setTime(new Date());
  const { status } = await tenant.asOwner('PATCH', path, change);
  stack.setTime(emulatorTime());
  expect(status).toBe(200);
}

const invoice = async () => (await server(`invoices/${(await recovery()).invoice}`)).body;
const subscription = async () => (await server(`subscriptions/${(await recovery()).subscription}`)).body;
const summary = async () => (await server('recoveries/summary')).body['by_currency'];
const failedJobs = async () => (await server('jobs?state=failed')).body['data'];
const dayOf = (date: string, days: number) =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(
    new Date(new Date(date).getTime() + days * day * 1_000),
  );
describe('a renewal of $19.00 that fails', () => {
  it('is tried again after 3 and 6 days, and is recovered revenue when the second attempt succeeds', async () => {
    await failedRenewal(insufficientFunds);
    const { first_failed_at: failedAt } = await recovery();
    expect(await recovery()).toMatchObject({
      state: 'recovering',
      owner: 'billingos',
      amount: { amount: 1_900, currency: 'usd' },
      failures: 1,
      attempts: 0,
      decline_code: 'insufficient_funds',
      needs_new_card: false,
      next_attempt_at: new Date(new Date(failedAt).getTime() + 3 * day * 1_000).toISOString(),
    });
    expect(await check()).toEqual({ allowed: true, reason: null });
    expect((await server('alerts?state=open')).body['data']).toMatchObject([
      { kind: 'payment_failed', target: { type: 'recovery' } },
    ]);
    expect(await summary()).toMatchObject([
      { recovering: 1, open: { amount: 1_900 }, recovered: { amount: 0 }, rate: null },
    ]);

    // Day 2: told. Day 3: tried, refused. Day 5: told. Then there is money again. Day 6: tried, paid.
    await pass(2 * day);
    await pass(day);
    expect(await recovery()).toMatchObject({ failures: 2, attempts: 1, state: 'recovering' });
    await pass(2 * day);
    await turnCard(good);
    await pass(day);

    expect(await recovery()).toMatchObject({
      state: 'recovered',
      recovered: { amount: 1_900, currency: 'usd' },
      attempts: 2,
      ended_at: expect.any(String),
    });
    expect(await invoice()).toMatchObject({ status: 'paid', amount_paid: { amount: 1_900 } });
    expect(await subscription()).toMatchObject({ status: 'active' });
    expect(await check()).toEqual({ allowed: true, reason: null });
    // 1 of 1 that ended.
    expect(await summary()).toMatchObject([
      { recovering: 0, open: { amount: 0 }, recovered: { amount: 1_900 }, recovered_count: 1, rate: 1 },
    ]);
    expect((await server('alerts?state=open')).body['data']).toEqual([]);
    expect(mails()).toEqual([
      'Your payment of $19.00 did not go through',
      `We will try your payment of $19.00 again on ${dayOf(failedAt, 3)}`,
      `We will try your payment of $19.00 again on ${dayOf(failedAt, 6)}`,
      'Thank you: your payment of $19.00 arrived',
    ]);
    expect(await failedJobs()).toEqual([]);
  });

  it('is not tried again with a card that was lost, and is paid at once with another', async () => {
    await failedRenewal(lostCard);
    expect(await recovery()).toMatchObject({
      decline_code: 'lost_card',
      needs_new_card: true,
      next_attempt_at: null,
    });
    const before = (await invoice()).payments.length;
    await pass(4 * day);
    expect((await invoice()).payments).toHaveLength(before);

    await useNewCard();
    await stack.settle();

    expect(await recovery()).toMatchObject({ state: 'recovered', recovered: { amount: 1_900 } });
    expect(await invoice()).toMatchObject({ status: 'paid' });
    expect(mails()).toEqual([
      'Your card was declined: please add another for Pro',
      'Thank you: your payment of $19.00 arrived',
    ]);
    // Not a word about the card to whoever reads along.
    expect(stack.mailbox.mails.map(({ text }) => text).join()).not.toMatch(/lost|stolen/i);
  });

  it.each([
    ['cancel', 'canceled', { allowed: false, reason: 'not_entitled' }, 'Your subscription to Pro has ended'],
    ['pause', 'paused', { allowed: false, reason: 'subscription_paused' }, 'Your access to Pro is paused'],
    ['keep', 'past_due', { allowed: false, reason: 'past_due' }, 'Your access to Pro is paused'],
  ] as const)('ends after the attempt of day 10 as set: %s', async (action, status, access, subject) => {
    await set('recovery-settings', { final_action: action });
    await failedRenewal(insufficientFunds);
    for (let passed = 0; passed < 9; passed++) {
      await pass(day);
    }
    expect(await recovery()).toMatchObject({ state: 'recovering', attempts: 2, failures: 3 });
    expect(await check()).toEqual({ allowed: true, reason: null });
    await pass(day);

    // The renewal itself and three more.
    expect(await recovery()).toMatchObject({
      state: 'failed',
      final_action: action,
      attempts: 3,
      failures: 4,
    });
    expect(await subscription()).toMatchObject({ status });
    expect(await check()).toEqual(access);
    expect(mails().at(-1)).toBe(subject);
    expect((await server('alerts?state=open')).body['data']).toMatchObject([{ kind: 'payment_lost' }]);
    expect(await summary()).toMatchObject([{ lost: { amount: 1_900 }, lost_count: 1, rate: 0 }]);

    // Paid after all: it counts, and what still runs goes on.
    await turnCard(good);
    const paid = await tenant.asServer('POST', `invoices/${(await recovery()).invoice}/pay`, {});
    expect(paid.status).toBe(200);
    await sweep();
    expect(await recovery()).toMatchObject({ state: 'recovered', recovered: { amount: 1_900 } });
    expect(await check()).toEqual(
      action === 'cancel' ? { allowed: false, reason: 'not_entitled' } : { allowed: true, reason: null },
    );
  });

  it.each([
    [0, 0, false],
    [5, 4, true],
    [5, 5, false],
    [null, 9, true],
  ] as const)('with %s days of grace gives access on day %i: %s', async (graceDays, days, allowed) => {
    await set('recovery-settings', { grace_days: graceDays });
    await failedRenewal(insufficientFunds);
    for (let passed = 0; passed < days; passed++) {
      await pass(day);
    }

    expect(await check()).toEqual({ allowed, reason: allowed ? null : 'past_due' });
    expect((await recovery()).access_ended_at).toEqual(allowed ? null : expect.any(String));

    await useNewCard();
    await stack.settle();
    expect(await recovery()).toMatchObject({ state: 'recovered' });
    expect(await check()).toEqual({ allowed: true, reason: null });
  });

  it('stops when it is paid elsewhere', async () => {
    await failedRenewal(insufficientFunds);
    const { stripe, account } = await stack.stripeOf(tenant);
    const { stripe_customer_id: customer } = (await server('customers/user_42')).body;
    const { data } = await stripe.invoices.list({ customer, status: 'open' }, { stripeAccount: account });
    await stripe.invoices.pay(data[0]?.id ?? '', { paid_out_of_band: true }, { stripeAccount: account });
    await stack.settle();
    expect(await recovery()).toMatchObject({ state: 'recovered' });
    const attempts = (await invoice()).payments.length;

    await pass(4 * day);
    expect((await invoice()).payments).toHaveLength(attempts);
    expect(mails()).toHaveLength(2);
  });

  it('is nobody’s concern any more once somebody stops it', async () => {
    await failedRenewal(insufficientFunds);
    const { id, invoice: invoiceId } = await recovery();
    const stopped = await tenant.asServer('POST', `recoveries/${id}/stop`);
    expect(stopped.body).toMatchObject({ state: 'stopped', next_attempt_at: null });
    expect((await tenant.asServer('POST', `recoveries/${id}/stop`)).body['error'].code).toBe(
      'recovery_ended',
    );
    await pass(4 * day);
    expect((await server(`invoices/${invoiceId}`)).body['payments']).toHaveLength(1);
    expect(mails()).toHaveLength(1);
  });

  it('is tried when the merchant says so, and its plan stays', async () => {
    await failedRenewal(insufficientFunds);
    const { id, next_attempt_at: planned } = await recovery();
    const refused = await tenant.asServer('POST', `recoveries/${id}/retry-now`);
    expect(refused.body).toMatchObject({
      state: 'recovering',
      attempts: 1,
      failures: 2,
      next_attempt_at: planned,
    });

    await turnCard(good);
    const paid = await tenant.asServer('POST', `recoveries/${id}/retry-now`);
    expect(paid.body).toMatchObject({ state: 'recovered', attempts: 2, recovered: { amount: 1_900 } });
  });

  it('is left to Stripe where Stripe tries it again, and ends as Stripe ends it', async () => {
    stack.emulator.setRecovery({ retry_after_days: [2, 3], outcome: 'cancel' });
    await failedRenewal(insufficientFunds);
    expect(await recovery()).toMatchObject({ owner: 'stripe', next_attempt_at: null });
    const { id } = await recovery();
    expect((await tenant.asServer('POST', `recoveries/${id}/retry-now`)).body['error'].code).toBe(
      'recovery_owned_by_stripe',
    );
    // Day 1: told. Day 2: Stripe tries. Day 4: told. Day 5: Stripe tries, and cancels.
    for (let passed = 0; passed < 6; passed++) {
      await pass(day);
    }
    expect(await recovery()).toMatchObject({
      state: 'failed',
      final_action: 'cancel',
      attempts: 0,
      failures: 3,
    });
    expect(await subscription()).toMatchObject({ status: 'canceled' });
    expect(mails()).toEqual([
      'Your payment of $19.00 did not go through',
      expect.stringContaining('We will try your payment of $19.00 again on'),
      expect.stringContaining('We will try your payment of $19.00 again on'),
      'Your subscription to Pro has ended',
    ]);
  });

  it('writes each mail once though events come five times and three sweepers look', async () => {
    await failedRenewal(insufficientFunds);
    const repeat = async () => {
      const ids = stack.emulator
        .deliveries()
        .map(({ id }) => id)
        .slice(-15);
      stack.emulator.replayDeliveries(Array.from({ length: 5 }, () => ids).flat());
      await stack.settle();
      const { rows } = await stack.database.owner.query('select invoice_id from recoveries');
      const again = rows.flatMap((row) => [row.invoice_id, row.invoice_id, row.invoice_id]);
      const recover = stack.app.get(RecoverPayment);
      await Promise.all([recover.sweep(), recover.sweep(), recover.sweep()]);
      await Promise.all(again.map((id) => recover.review(tenant.environment_id, id).catch(() => undefined)));
      await sweep();
    };
    await repeat();
    expect(mails()).toHaveLength(1);
    await pass(2 * day);
    await repeat();
    expect(mails()).toHaveLength(2);
    stack.emulator.advanceTo(stack.emulator.now() + day);
    stack.setTime(emulatorTime());
    await repeat();

    expect((await invoice()).payments).toHaveLength(2);
    expect(await recovery()).toMatchObject({ attempts: 1, failures: 2 });
    expect(mails()).toHaveLength(2);
    const { rows } = await stack.database.owner.query(
      `select count(*)::int as n from alerts where environment_id = $1`,
      [tenant.environment_id],
    );
    expect(rows[0].n).toBe(1);
  }, 120_000);

  it('is tried by one of three sweepers', async () => {
    await failedRenewal(insufficientFunds);
    await pass(2 * day);
    stack.emulator.advanceTo(stack.emulator.now() + day);
    stack.setTime(emulatorTime());
    const recover = stack.app.get(RecoverPayment);
    await Promise.all([recover.sweep(), recover.sweep(), recover.sweep()]);
    await sweep();

    expect((await invoice()).payments).toHaveLength(2);
    expect(await recovery()).toMatchObject({ attempts: 1, failures: 2 });
  });
});
