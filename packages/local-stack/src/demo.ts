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
  const { secretKey } = stack;
  const billing = new BillingOS({ secretKey, baseUrl: stack.apiUrl });
  const api = new ApiSession(stack.apiUrl, { authorization: `Bearer ${secretKey}` });
  const key = (what: string): string => `${customer}-${what}`;

  const profile = await step('A customer signs up at Northwind Analytics', async () => {
    const body = { external_id: customer, name: 'Demo Customer', email: `${customer}@example.test` };
    const created = customerSchema.parse(await api.post('/customers', body, key('customer')));
    return {
      value: created,
      shown: `${created.id}, Stripe ${created.stripe_customer_id ?? 'customer follows'}`,
    };
  });

  await step('Without a plan, the feature is closed', async () => {
    expect(await billing.hasFeature(customer, 'exports'), false, `hasFeature('${customer}', 'exports')`);
    return { value: undefined, shown: `hasFeature('${customer}', 'exports') → false` };
  });

  await step(
    'The customer subscribes to Pro on the checkout page and pays with 4242 4242 4242 4242',
    async () => {
      const urls = { success_url: `${stack.webUrl}/?subscribed`, cancel_url: stack.webUrl };
      const session = z
        .looseObject({ url: z.url() })
        .parse(await api.post('/checkout/sessions', { customer, plan: 'pro', ...urls }, key('checkout')));
      const landed = await submitForm(session.url, {
        email: `${customer}@example.test`,
        name: 'Demo Customer',
        card_number: '4242424242424242',
        card_expiry: `12 / ${new Date().getFullYear() + 3}`,
        card_cvc: '123',
      });
      return { value: undefined, shown: `paid, and sent back to ${landed}` };
    },
  );

  await step('The webhook opens the feature', async () => {
    const waited = await until('hasFeature to be true', () => billing.hasFeature(customer, 'exports'));
    return { value: undefined, shown: `hasFeature('${customer}', 'exports') → true after ${waited} ms` };
  });

  const subscription = await step('The SDK sees the subscription', async () => {
    const found = await billing.getSubscription(customer);
    if (found === null) throw new StackError('getSubscription answered null.');
    return { value: found, shown: `${found.id}: ${found.plan.name}, ${found.status}` };
  });

  await step(`The customer makes ${used} API calls`, async () => {
    await billing.trackUsage(customer, 'api_calls', used);
    await until(
      'check to count them',
      async () => (await billing.check(customer, 'api_calls')).used === used,
    );
    const { used: counted, limit, remaining } = await billing.check(customer, 'api_calls');
    return { value: undefined, shown: `used ${counted} of ${limit}, remaining ${remaining}` };
  });

  await step('The usage arrives at the Stripe meter', async () => {
    const stripeCustomer = customerSchema.parse(await api.get(`/customers/${profile.id}`)).stripe_customer_id;
    const meter = meterSchema.parse(await api.get('/meters')).data.find((one) => one.key === 'api_calls');
    const account = accountSchema.parse(await api.get('/stripe-account')).stripe_account_id;
    if (typeof stripeCustomer !== 'string' || typeof meter?.stripe_meter_id !== 'string') {
      throw new StackError('The customer or the meter is not at Stripe.');
    }
    const stripe = stripeClient(stack.stripeEmulatorUrl);
    const minute = Math.floor(Date.now() / 60_000) * 60;
    const window = { customer: stripeCustomer, start_time: minute - 3600, end_time: minute + 3600 };
    const meterId = meter.stripe_meter_id;
    const sum = async (): Promise<number> => {
      const { data } = await stripe.billing.meters.listEventSummaries(meterId, window, {
        stripeAccount: account,
      });
      return data.reduce((total, { aggregated_value: value }) => total + value, 0);
    };
    const waited = await until('the meter to show them', async () => (await sum()) === used);
    return { value: undefined, shown: `Stripe meter ${meterId} → ${await sum()} after ${waited} ms` };
  });

  await step('The dashboard shows the same', async () => {
    const subscriptions = listSchema.parse(await api.get(`/subscriptions?customer=${profile.id}`)).data;
    const usage = usageSchema.parse(await api.get(`/usage?customer=${profile.id}&meter=api_calls`)).data;
    expect(subscriptions.length, 1, 'the number of subscriptions');
    expect(usage[0]?.value, used, 'the usage record');
    return { value: undefined, shown: `1 subscription, ${usage[0]?.value} API calls this period` };
  });

  await step('The customer cancels, now', async () => {
    await api.post(`/subscriptions/${subscription.id}/cancel`, { when: 'now' }, key('cancel'));
    return { value: undefined, shown: `${subscription.id} cancelled` };
  });

  await step('The access is gone', async () => {
    const waited = await until(
      'hasFeature to be false',
      async () => !(await billing.hasFeature(customer, 'exports')),
    );
    return { value: undefined, shown: `hasFeature('${customer}', 'exports') → false after ${waited} ms` };
  });

  say(`\nThe whole loop works. Look at it: ${stack.webUrl}`);
}

const customerSchema = z.looseObject({ id: z.string(), stripe_customer_id: z.string().nullable() });
const accountSchema = z.looseObject({ stripe_account_id: z.string() });
const meterSchema = z.looseObject({
  data: z.array(z.looseObject({ key: z.string(), stripe_meter_id: z.string().nullable() })),
});
const listSchema = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })) });
const usageSchema = z.looseObject({ data: z.array(z.looseObject({ value: z.number() })) });

let steps = 0;

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

/** The official client, pointed at the emulator. It takes any key; this one says whose it is. */
function stripeClient(emulatorUrl: string): Stripe {
  const { protocol, hostname, port } = new URL(emulatorUrl);
  return new Stripe('sk_test_demo', {
    protocol: protocol === 'https:' ? 'https' : 'http',
    host: hostname,
    port: Number(port),
    telemetry: false,
  });
}
