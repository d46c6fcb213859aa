/** `npm start`: builds, starts everything, seeds the demo merchant once, and ends everything on Ctrl-C. */
import { build } from './build.ts';
import { beginningOfTheStory } from './demo-merchant/time.ts';
import { StackError } from './processes.ts';
import { seedDemo, type Demo } from './seed.ts';
import { givenVariables, readSettings, type Settings } from './settings.ts';
import { refuseSecondStack, removeStackFile, writeStackFile } from './stack-file.ts';
import { startStack, type RunningStack } from './stack.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Pressing Ctrl-C again must not leave half of the parts running.
  process.on(signal, () => interrupted.abort());
}
endWithParent();
process.exitCode = await run();

async function run(): Promise<number> {
  const { signal } = interrupted;
  try {
    const settings = readSettings(givenVariables());
    const dataDir = settings.values.BILLINGOS_DATA_DIR;
    refuseSecondStack(dataDir);
    say('Building…');
    await build(signal);
    say('Starting…');
    const stack = await startStack(settings, {
      say,
      interrupted: signal,
      ...(isAllLocal(settings) ? { stripeBeginsAt: beginningOfTheStory() } : {}),
    });
    try {
      await Promise.race([present(stack, settings), failed(stack), aborted(signal)]);
    } finally {
      say('\nEnding everything…');
      await stack.stop();
      removeStackFile(dataDir);
    }
    return 0;
  } catch (error) {
    if (signal.aborted) return 130;
    process.stderr.write(`\n${messageOf(error)}\n`);
    return 1;
  }
}

/** Fills the demo merchant, says where everything is, and then waits for good. */
async function present(stack: RunningStack, settings: Settings): Promise<never> {
  const dataDir = settings.values.BILLINGOS_DATA_DIR;
  const demo = isAllLocal(settings) ? await filledDemo(stack, dataDir) : undefined;
  writeStackFile(dataDir, {
    pid: process.pid,
    webUrl: stack.webUrl,
    apiUrl: stack.apiUrl,
    stripeEmulatorUrl: stack.stripeEmulatorUrl,
    secretKey: demo?.secretKey,
  });
  say(welcome(stack, demo, dataDir));
  return new Promise(() => undefined);
}

/** A demo merchant that cannot be filled keeps nobody from using the rest. */
async function filledDemo(stack: RunningStack, dataDir: string): Promise<Demo | undefined> {
  try {
    return await seedDemo(stack, { dataDir, say, signal: interrupted.signal });
  } catch (error) {
    if (!interrupted.signal.aborted) {
      say(`The demo merchant is not complete; the next start tries again. ${messageOf(error)}`);
    }
    return undefined;
  }
}

async function failed(stack: RunningStack): Promise<never> {
  throw new StackError(await stack.failure);
}

/** The demo merchant is for a stack that is ours alone; nothing of it belongs into a hosted database or Stripe. */
function isAllLocal({ values }: Settings): boolean {
  const elsewhere = [
    values.DATABASE_URL,
    values.SUPABASE_URL,
    values.STRIPE_TEST_SECRET_KEY,
    values.STRIPE_EMULATOR_URL,
  ];
  return elsewhere.every((value) => value === undefined);
}

function welcome(stack: RunningStack, demo: Demo | undefined, dataDir: string): string {
  const local = (url: string): string => url.replace('127.0.0.1', 'localhost');
  const places: [string, string | undefined][] = [
    ['Dashboard', stack.webUrl],
    ['Demo login', demo && `${demo.email}   password: ${demo.password}`],
    ['API', `${stack.apiUrl}/api/v1   documentation: ${stack.apiUrl}/api-docs`],
    ['Secret key', demo?.secretKey],
    ['Mail inbox', stack.mailUrl && local(stack.mailUrl)],
    ['Stripe', stack.stripeEmulatorUrl && `${local(stack.stripeEmulatorUrl)} (emulator)`],
    ['Logs', `${dataDir}/logs`],
  ];
  const lines = places.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.padEnd(12)}${value}`],
  );
  const curl =
    demo &&
    `\nMay a customer use a feature?\n\n  curl -s -H 'Authorization: Bearer ${demo.secretKey}' ` +
      `'${stack.apiUrl}/api/v1/entitlements/check?customer=${demo.customer}&feature=${demo.feature}'\n` +
      '\n`npm run demo` shows the whole loop.';
  return `\nBillingOS is ready.\n\n${lines.join('\n')}\n${curl ?? ''}\nCtrl-C ends everything.`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/** When whoever started us is killed outright, nobody passes a signal on. */
function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) interrupted.abort();
  }, 1000).unref();
}
