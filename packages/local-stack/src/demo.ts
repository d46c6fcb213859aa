/** `npm run demo`: one customer's life against the running stack, through the SDK, printing what each step saw. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BillingOS } from '@billingos/sdk';
import Stripe from 'stripe';
import { z } from 'zod';
import { ApiSession } from './api-session.ts';
import { StackError } from './processes.ts';
import { givenVariables, readSettings } from './settings.ts';
import { runningStack } from './stack-file.ts';
import { submitForm } from './submit-form.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const used = 120;
let steps = 0;

try {
  await demo(stackToShow());
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

interface ShownStack {
  webUrl: string;
  apiUrl: string;
  secretKey: string;
  stripeEmulatorUrl: string;
}

function stackToShow(): ShownStack {
  const stack = runningStack(readSettings(givenVariables()).values.BILLINGOS_DATA_DIR);
  if (stack === undefined) throw new StackError('The stack is not running: start it with `npm start` first.');
  const { secretKey, stripeEmulatorUrl } = stack;
  if (secretKey === undefined || stripeEmulatorUrl === undefined) {
    throw new StackError(
      'The demo needs the demo merchant and the Stripe emulator, which only a stack without replaced parts has.',
    );
  }
  return { ...stack, secretKey, stripeEmulatorUrl };
}

async function demo(stack: ShownStack): Promise<void> {
  const customer = `demo-${Date.now()}`;
  const billing = new BillingOS({ secretKey: stack.secretKey, baseUrl: stack.apiUrl });

  const { id } = await step('A customer signs up at Northwind Analytics', async () => {
    const email = `${customer}@example.test`;
    const created = await billing.customers.create({ external_id: customer, name: 'Demo Customer', email });
    return { value: created, shown: `customers.create → ${created.id}` };
  });

  await step('Without a plan, the feature is closed', async () => {
    const { allowed, reason } = await billing.check(customer, 'exports');
    expect(allowed, false, `hasFeature('${customer}', 'exports')`);
    return { value: undefined, shown: `hasFeature('${customer}', 'exports') → false (${reason})` };
  });

  await step(
    'The customer subscribes to Pro on the checkout page and pays with 4242 4242 4242 4242',
    async () => {
      const session = await billing.checkout.createSession({
        customer,
        plan: 'pro',
        interval: 'month',
        success_url: `${stack.webUrl}/?subscribed`,
        cancel_url: stack.webUrl,
      });
      if (session.url === null) throw new StackError('The checkout session has no page.');
      const landed = await submitForm(session.url, {
        email: `${customer}@example.test`,
        name: 'Demo Customer',
        card_number: '4242424242424242',
        card_expiry: `12 / ${new Date().getFullYear() + 3}`,
        card_cvc: '123',
      });
      return { value: undefined, shown: `paid at ${session.url}\n   and sent back to ${landed}` };
    },
  );

  await step('The webhook opens the feature', async () => {
    const waited = await until('hasFeature to be true', () => billing.hasFeature(customer, 'exports'));
    return { value: undefined, shown: `hasFeature('${customer}', 'exports') → true after ${waited} ms` };
  });

  const subscription = await step('The SDK sees the subscription', async () => {
    const found = await billing.getSubscription(customer);
    if (found === null) throw new StackError('getSubscription answered null.');
    return { value: found, shown: `getSubscription → ${found.id}: ${found.plan.name}, ${found.status}` };
  });

  await step(`The customer makes ${used} API calls`, async () => {
    await billing.trackUsage(customer, 'api_calls', used);
    const waited = await until(
      'check to count them',
      async () => (await callsOf(billing, customer)).used === used,
    );
    const { limit, remaining } = await callsOf(billing, customer);
    return {
      value: undefined,
      shown: `used ${used} of ${limit}, remaining ${remaining}, after ${waited} ms`,
    };
  });

  await step('The usage arrives at the Stripe meter', async () => {
    const { meter, sum } = await stripeMeter(stack, billing, id);
    const waited = await until('the meter to show them', async () => (await sum()) === used);
    return { value: undefined, shown: `Stripe: ${meter} holds ${await sum()} after ${waited} ms` };
  });

  await step('The dashboard’s api shows the same', async () => {
    const { data: subscriptions } = await billing.subscriptions.list({ customer: id });
    const { data: usage } = await billing.usage.list({ customer: id, meter: 'api_calls' });
    expect(subscriptions.length, 1, 'the number of subscriptions');
    expect(usage[0]?.value, used, 'the usage record');
    return { value: undefined, shown: `1 subscription, ${usage[0]?.value} API calls in this period` };
  });

  await step('The customer cancels, now', async () => {
    const { status } = await billing.subscriptions.cancel(subscription.id, { when: 'now' });
    return { value: undefined, shown: `subscriptions.cancel → ${status}` };
  });

  await step('The access is gone', async () => {
    const isClosed = async (): Promise<boolean> => !(await billing.hasFeature(customer, 'exports'));
    const waited = await until('hasFeature to be false', isClosed);
    return { value: undefined, shown: `hasFeature('${customer}', 'exports') → false after ${waited} ms` };
  });

  await billing.close();
  say(`\nThe whole loop works. Look at it: ${stack.webUrl}`);
}

function callsOf(billing: BillingOS, customer: string): ReturnType<BillingOS['check']> {
  return billing.check(customer, 'api_calls');
}

/** Asks Stripe itself, through its own client, what the customer's meter holds. */
async function stripeMeter(
  stack: ShownStack,
  billing: BillingOS,
  customerId: string,
): Promise<{ meter: string; sum: () => Promise<number> }> {
  const { stripe_customer_id: customer } = await billing.customers.retrieve(customerId);
  const { stripe_meter_id: meter } = await billing.meters.retrieve('api_calls');
  if (customer === null || meter === null)
    throw new StackError('The customer or the meter is not at Stripe yet.');
  const api = new ApiSession(stack.apiUrl, { authorization: `Bearer ${stack.secretKey}` });
  const { stripe_account_id: stripeAccount } = z
    .looseObject({ stripe_account_id: z.string() })
    .parse(await api.get('/stripe-account'));
  const { hostname, port } = new URL(stack.stripeEmulatorUrl);
  // The emulator takes any key of the mode.
  const stripe = new Stripe('sk_test_demo', { protocol: 'http', host: hostname, port, telemetry: false });
  const hour = Math.floor(Date.now() / 3_600_000) * 3600;
  const window = { customer, start_time: hour - 3600, end_time: hour + 7200 };
  const sum = async (): Promise<number> => {
    const { data } = await stripe.billing.meters.listEventSummaries(meter, window, { stripeAccount });
    return data.reduce((total, summary) => total + summary.aggregated_value, 0);
  };
  return { meter, sum };
}

async function step<T>(name: string, work: () => Promise<{ value: T; shown: string }>): Promise<T> {
  steps += 1;
  say(`\n${steps}. ${name}`);
  try {
    const { value, shown } = await work();
    say(`   ${shown}`);
    return value;
  } catch (error) {
    throw new StackError(
      `Step ${steps} failed (${name}): ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function expect(seen: unknown, wanted: unknown, what: string): void {
  if (seen !== wanted)
    throw new StackError(`${what} was ${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}.`);
}

/** Asks every 100 ms for up to 20 s. Returns how long it took, milliseconds. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<number> {
  const started = Date.now();
  while (Date.now() - started < 20_000) {
    if (await isSo()) return Date.now() - started;
    await sleep(100);
  }
  throw new StackError(`Waited 20 s for ${what}.`);
}
