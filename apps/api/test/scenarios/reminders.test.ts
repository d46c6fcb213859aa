import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RemindCustomers } from '../../src/modules/subscriptions/remind-customers.ts';
import type { Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

const day = 86_400;

let stack: TestStack;
let tenant: Tenant;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
beforeEach(async () => {
  await stack.settle();
  stack.mailbox.mails.length = 0;
  stack.setTime(new Date());
  tenant = await stack.newConnectedTenant();
});

const emulatorTime = () => new Date(stack.emulator.now() * 1_000);
const mails = () => stack.mailbox.mails.filter(({ to }) => to === address()).map(({ subject }) => subject);
const address = () => `ada@${tenant.environment_id.slice(-8)}.test`;
const dayInWords = (date: string) =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(date));

async function subscribe(plan: object) {
  stack.setTime(emulatorTime());
  await tenant.asServer('POST', 'plans', { key: 'pro', name: 'Pro', ...plan });
  await stack.settle();
  await tenant.asServer('POST', 'customers', { external_id: 'user_42', email: address() });
  const { body } = await tenant.asServer('POST', 'subscriptions', {
    customer: 'user_42',
    plan: 'pro',
    payment_method: 'pm_card_visa',
  });
  return body;
}

/** Lets the time come that is so many days after or before `date`, and everybody look three times. */
async function goTo(date: string, days: number): Promise<void> {
  stack.emulator.advanceTo(Math.floor(new Date(date).getTime() / 1_000) + days * day);
  stack.setTime(emulatorTime());
  await stack.settle();
  const reminders = stack.app.get(RemindCustomers);
  await Promise.all([reminders.run(), reminders.run(), reminders.run()]);
  await stack.settle();
}

describe('a customer', () => {
  it('is told three days before a trial ends, and when it has ended, once each', async () => {
    const { trial_end: end } = await subscribe({
      prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
      trial: { days: 14, requires_card: true, end: 'cancel' },
    });
    await goTo(end, -4);
    expect(mails()).toEqual([]);

    await goTo(end, -3);
    await goTo(end, -2);
    expect(mails()).toEqual([`Your trial of Pro ends on ${dayInWords(end)}`]);
    expect(stack.mailbox.mails.at(-1)?.text).toContain('Pro costs $19.00');

    await goTo(end, 1);
    await goTo(end, 2);
    expect(mails().slice(1)).toEqual(['Your subscription to Pro has begun']);
  });

  it('is told seven days before a yearly renewal, and not before a monthly one', async () => {
    const { current_period_end: end } = await subscribe({
      prices: [{ amount: 19_000, currency: 'usd', interval: 'year' }],
    });
    await goTo(end, -8);
    expect(mails()).toEqual([]);

    await goTo(end, -7);
    await goTo(end, -3);
    expect(mails()).toEqual([`Pro renews on ${dayInWords(end)}`]);
    expect(stack.mailbox.mails.at(-1)?.text).toContain('$190.00');
  });

  it('is told what the merchant switched on, and nothing that is switched off', async () => {
    await tenant.asOwner('PATCH', 'email-settings', {
      trial_ending: false,
      trial_ended: false,
      subscription_started: true,
      subscription_ended: true,
    });
    const { id, trial_end: end } = await subscribe({
      prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
      trial: { days: 14, requires_card: true, end: 'cancel' },
    });
    await goTo(end, -14);
    await goTo(end, -2);
    await goTo(end, 1);
    expect(mails()).toEqual(['Welcome to Pro']);

    await tenant.asServer('POST', `subscriptions/${id}/cancel`, { when: 'now' });
    await goTo(end, 1);
    expect(mails()).toEqual(['Welcome to Pro', 'Your subscription to Pro has ended']);
  });
});
