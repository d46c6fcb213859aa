import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { z } from 'zod';
import { ApiSession } from './api-session.ts';
import { tellStory } from './demo-merchant/story.ts';
import { StripeTime } from './demo-merchant/time.ts';
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

const demoEmail = 'demo@billingos.test';
const demoMerchantName = 'Northwind Analytics';

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
const stored = z.object({ merchantId: z.string(), secretKey: z.string() });

/**
 * Fills the demo merchant, and brings the emulator's time to the present, whatever became of it: nobody else wants to live
 * in the past.
 */
export async function seedDemo(stack: RunningStack, options: SeedOptions): Promise<Demo> {
  if (stack.stripeEmulatorUrl === undefined)
    throw new StackError('The demo merchant needs the Stripe emulator.');
  const time = new StripeTime(stack.stripeEmulatorUrl);
  try {
    return await filledDemo(stack, { ...options, time, stripeUrl: stack.stripeEmulatorUrl });
  } finally {
    await time.moveTo(new Date());
  }
}

/**
 * Creates the demo merchant through the doors everybody has: sign-up, then the api over HTTP. Does nothing when
 * it is complete; an interrupted one is continued, since each call has an idempotency key of its own.
 */
async function filledDemo(
  stack: RunningStack,
  options: SeedOptions & { time: StripeTime; stripeUrl: string },
): Promise<Demo> {
  const { dataDir, say, signal, time, stripeUrl } = options;
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
  const stripeAccount = await connectStripe(environment, stack);
  await tellStory({ environment, time, stripeUrl, stripeAccount });
  const key = z
    .looseObject({ secret: z.string() })
    .parse(await environment.post('/api-keys', { name: 'Demo', type: 'secret' }, `demo-key-${Date.now()}`));
  // The first check of the merchant's own code, with which the list of first steps is done.
  const code = new ApiSession(stack.apiUrl, { authorization: `Bearer ${key.secret}` }, signal);
  await code.get('/entitlements/check?customer=lumen-studio&feature=exports');
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

/** Connects Stripe unless it is connected, and returns the account's id. */
async function connectStripe(environment: ApiSession, stack: RunningStack): Promise<string> {
  const account = z.looseObject({ status: z.string(), stripe_account_id: z.string().nullable() });
  const before = account.parse(await environment.get('/stripe-account'));
  if (before.status === 'connected' && before.stripe_account_id !== null) return before.stripe_account_id;
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
  if (after.status !== 'connected' || after.stripe_account_id === null) {
    throw new StackError(`The demo merchant’s Stripe account is ${after.status} after onboarding.`);
  }
  return after.stripe_account_id;
}
