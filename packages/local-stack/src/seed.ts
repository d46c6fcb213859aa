import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { z } from 'zod';
import { ApiRefusal, ApiSession } from './api-session.ts';
import {
  customers,
  demoEmail,
  demoMerchantName,
  features,
  plans,
  type DemoCustomer,
} from './demo-merchant.ts';
import { StackError } from './processes.ts';
import type { RunningStack } from './stack.ts';
import { submitForm } from './submit-form.ts';

/** The demo merchant, as the person at the terminal needs it. */
export interface Demo {
  email: string;
  password: string;
  /** Of the merchant's test environment. */
  secretKey: string;
  /** Something worth asking about. */
  customer: string;
  feature: string;
}

interface SeedOptions {
  dataDir: string;
  say: (line: string) => void;
  signal?: AbortSignal;
}

const merchant = z.looseObject({
  id: z.string(),
  name: z.string(),
  environments: z.array(z.looseObject({ id: z.string(), mode: z.enum(['live', 'test']) })),
});
const me = z.looseObject({ merchants: z.array(merchant) });
const identified = z.looseObject({ id: z.string() });
const stored = z.object({ merchantId: z.string(), secretKey: z.string() });

/**
 * Creates the demo merchant through the doors everybody has: sign-up, then the api over HTTP. Does nothing when
 * it is complete; an interrupted one is continued, since each call has an idempotency key of its own.
 */
export async function seedDemo(stack: RunningStack, options: SeedOptions): Promise<Demo> {
  const { dataDir, say, signal } = options;
  const file = join(dataDir, 'demo.json');
  const session = new ApiSession(stack.apiUrl, { authorization: `Bearer ${await signedIn(stack)}` }, signal);
  const found = me.parse(await session.get('/me')).merchants.find(({ name }) => name === demoMerchantName);
  const before = existsSync(file) ? stored.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data : undefined;
  if (found !== undefined && before?.merchantId === found.id) return demo(stack, before.secretKey);

  say('Filling the demo merchant (once)…');
  const owned =
    found ?? merchant.parse(await session.post('/merchants', { name: demoMerchantName }, 'demo-merchant'));
  const test = owned.environments.find(({ mode }) => mode === 'test');
  if (test === undefined) throw new StackError('The demo merchant has no test environment.');
  const environment = session.inEnvironment(test.id);
  await connectStripe(environment, stack);
  await defineCatalog(environment);
  for (const customer of customers) await addCustomer(environment, customer);
  const key = z
    .looseObject({ secret: z.string() })
    .parse(await environment.post('/api-keys', { name: 'Demo', type: 'secret' }, `demo-key-${Date.now()}`));
  // Written last: without it, the next start continues where this one stopped.
  writeFileSync(file, JSON.stringify({ merchantId: owned.id, secretKey: key.secret }), { mode: 0o600 });
  return demo(stack, key.secret);
}

function demo(stack: RunningStack, secretKey: string): Demo {
  return {
    email: demoEmail,
    password: stack.demoPassword,
    secretKey,
    customer: 'lumen-studio',
    feature: 'api_calls',
  };
}

async function signedIn(stack: RunningStack): Promise<string> {
  const client = createClient(stack.supabaseUrl, stack.supabasePublishableKey, {
    auth: { persistSession: false },
  });
  const credentials = { email: demoEmail, password: stack.demoPassword };
  const known = await client.auth.signInWithPassword(credentials);
  const result = known.error === null ? known : await client.auth.signUp(credentials);
  const token = result.data.session?.access_token;
  if (token === undefined) {
    throw new StackError(
      `The demo user could not be signed in: ${result.error?.message ?? 'AUTH_CONFIRM_EMAIL asks for a confirmation first'}.`,
    );
  }
  return token;
}

async function connectStripe(environment: ApiSession, stack: RunningStack): Promise<void> {
  const account = z.looseObject({ status: z.string() });
  const before = account.parse(await environment.get('/stripe-account'));
  if (before.status === 'connected') return;
  const { url } = z
    .looseObject({ url: z.url() })
    .parse(
      await environment.post(
        '/stripe-account/connect',
        { return_url: stack.webUrl },
        `demo-connect-${Date.now()}`,
      ),
    );
  await submitForm(url, {});
  const after = account.parse(
    await environment.post('/stripe-account/refresh', {}, `demo-refresh-${Date.now()}`),
  );
  if (after.status !== 'connected') {
    throw new StackError(`The demo merchant’s Stripe account is ${after.status} after onboarding.`);
  }
}

async function defineCatalog(environment: ApiSession): Promise<void> {
  for (const feature of features) await environment.post('/features', feature, keyFor('feature', feature));
  for (const plan of plans) await environment.post('/plans', plan, keyFor('plan', plan));
}

async function addCustomer(environment: ApiSession, customer: DemoCustomer): Promise<void> {
  const { externalId, name, email, plan, card, apiCalls, leavesAtPeriodEnd } = customer;
  const profile = { external_id: externalId, name, email };
  await environment.post('/customers', profile, keyFor('customer', profile));
  if (plan === undefined) return;
  const wanted = {
    customer: externalId,
    plan,
    ...(plan === 'free' ? {} : { payment_method: card ?? 'pm_card_visa' }),
  };
  const subscription = await subscribed(environment, wanted);
  // The bank declined: the customer stays, without a plan.
  if (subscription === undefined) return;
  if (apiCalls > 0)
    await environment.post(
      '/usage/track',
      { events: usageOf(externalId, apiCalls) },
      keyFor('usage', customer),
    );
  if (leavesAtPeriodEnd === true) {
    await environment.post(
      `/subscriptions/${subscription.id}/cancel`,
      { when: 'period_end' },
      keyFor('cancel', customer),
    );
  }
}

async function subscribed(
  environment: ApiSession,
  wanted: { customer: string; plan: string; payment_method?: string },
): Promise<{ id: string } | undefined> {
  try {
    return identified.parse(await environment.post('/subscriptions', wanted, keyFor('subscription', wanted)));
  } catch (error) {
    if (error instanceof ApiRefusal && error.message.includes('"payment_failed"')) return undefined;
    throw error;
  }
}

const historyDays = 29;
const dayMs = 24 * 60 * 60 * 1000;

/** What a customer used: `total` in the period that has just begun, and a month of ordinary days before it. */
function usageOf(customer: string, total: number): object[] {
  return [...currentUsage(customer, total), ...pastUsage(customer, total)];
}

/** The total in 24 events that grow and shrink, as over a busy day. */
function currentUsage(customer: string, total: number): object[] {
  const weights = Array.from({ length: 24 }, (_, hour) => 2 + Math.sin((hour / 24) * 2 * Math.PI));
  const sum = weights.reduce((left, right) => left + right, 0);
  let rest = total;
  return weights.flatMap((weight, hour) => {
    const value = hour === weights.length - 1 ? rest : Math.floor((total * weight) / sum);
    rest -= value;
    const event = { idempotency_key: `demo-${customer}-${hour}`, customer, meter: 'api_calls', value };
    return value > 0 ? [event] : [];
  });
}

/** Fewer events at weekends, slowly more over the weeks; the same each time for the same customer and day. */
function pastUsage(customer: string, total: number): object[] {
  const today = Math.floor(Date.now() / dayMs) * dayMs;
  return Array.from({ length: historyDays }, (_, index) => {
    const midnight = today - (historyDays - index) * dayMs;
    const isWeekend = [0, 6].includes(new Date(midnight).getUTCDay());
    const events = Math.max(
      1,
      Math.round((4 + index / 2 + ((customer.length * 7 + index * 3) % 5)) * (isWeekend ? 0.4 : 1)),
    );
    return Array.from({ length: events }, (__, hour) => ({
      idempotency_key: `demo-${customer}-${index}-${hour}`,
      customer,
      meter: 'api_calls',
      value: Math.max(1, Math.round(total / historyDays / events)),
      occurred_at: new Date(midnight + (hour + 1) * (dayMs / (events + 2))).toISOString(),
    }));
  }).flat();
}

/** The same for the same content, so that a repeated call changes nothing. */
function keyFor(kind: string, content: object): string {
  return `demo-${kind}-${createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32)}`;
}
