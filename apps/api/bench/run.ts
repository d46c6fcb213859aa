// Measures the two calls that merchants make millions of times, each beside a bare Fastify route on the same Node in
// the same run, and prints one line a measure: `bench NAME ratio=R ours=X baseline=Y unit=U goal=G`.
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Load, measurePair } from './measure.ts';
import { customers, manyCustomers } from './seed.ts';
import { type BenchStack, startBenchStack } from './stack.ts';
import { measureStream } from './stream.ts';

const checkPath = '/api/v1/entitlements/check';
const apiFolder = fileURLToPath(new URL('..', import.meta.url));
const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: apiFolder, stdio: 'inherit' });

const stack = await startBenchStack();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stack.stop().finally(() => process.exit(1)));
}
/** Nothing bare does what the stream does: it is held against the time that a change may take. */
const streamGoalMs = 250;

const chosen = process.argv.slice(2);
const measures = {
  check: { measure: measureChecks, isUsual: true },
  track: { measure: measureTracking, isUsual: true },
  stream: { measure: measureStreaming, isUsual: true },
  // Fills the database for a minute or more: only when it is asked for by name.
  check_many: { measure: measureManyCustomers, isUsual: false },
};
try {
  for (const [name, { measure, isUsual }] of Object.entries(measures)) {
    if (chosen.includes(name) || (chosen.length === 0 && isUsual)) {
      await measure(stack);
    }
  }
} finally {
  await stack.stop();
}

/** Checks of one feature, each of a customer drawn from the first so many. */
function checksOf(url: string, path: string, secretKey: string, customersMax: number): Load {
  return {
    url,
    method: 'GET',
    headers: { authorization: `Bearer ${secretKey}` },
    next: () => ({ path: `${path}?customer=user_${randomInt(customersMax) + 1}&feature=api_calls` }),
  };
}

async function measureChecks({ apiUrl, bareUrl, secretKey }: BenchStack): Promise<void> {
  const ours = checksOf(apiUrl, checkPath, secretKey, customers);
  const baseline = checksOf(bareUrl, '/check', secretKey, customers);
  for (const connections of [1, 16, 64]) {
    const measured = await measurePair(ours, baseline, connections);
    const name = `check_${connections}`;
    report(name, measured.ours.perSecond, measured.baseline.perSecond, { unit: 'req/s', goal: 0.7 });
    // Of latencies the lower is better: the ratio is turned round.
    report(`${name}_p99`, measured.ours.p99, measured.baseline.p99, { unit: 'ms', goal: 0.5, lower: true });
  }
}

/** Both are ours: drawn from a million customers, and from the thousand that there are otherwise. */
async function measureManyCustomers({ apiUrl, secretKey, seedMany }: BenchStack): Promise<void> {
  await seedMany();
  const measured = await measurePair(
    checksOf(apiUrl, checkPath, secretKey, manyCustomers),
    checksOf(apiUrl, checkPath, secretKey, customers),
    64,
  );
  report('check_many', measured.ours.perSecond, measured.baseline.perSecond, { unit: 'req/s', goal: 0.8 });
}

async function measureTracking({ apiUrl, bareUrl, secretKey }: BenchStack): Promise<void> {
  let sent = 0;
  const body = (): string =>
    JSON.stringify({
      idempotency_key: `bench_${++sent}`,
      customer: `user_${randomInt(customers) + 1}`,
      meter: 'api_calls',
      value: 1,
    });
  const headers = { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' };
  const measured = await measurePair(
    { url: apiUrl, method: 'POST', headers, next: () => ({ path: '/api/v1/usage/track', body: body() }) },
    { url: bareUrl, method: 'POST', headers, next: () => ({ path: '/track', body: body() }) },
    64,
  );
  report('track', measured.ours.perSecond, measured.baseline.perSecond, { unit: 'req/s', goal: 0.35 });
}

async function measureStreaming(bench: BenchStack): Promise<void> {
  const { changeP99, hasFeature, mapLookup } = await measureStream(bench);
  report('stream_p99', changeP99, streamGoalMs, { unit: 'ms', goal: 1, lower: true });
  report('sdk_has_feature', hasFeature, mapLookup, { unit: 'ns', goal: 0.1, lower: true });
}

function report(
  name: string,
  ours: number,
  baseline: number,
  options: { unit: string; goal: number; lower?: boolean },
): void {
  const ratio = options.lower === true ? baseline / ours : ours / baseline;
  process.stdout.write(
    `bench ${name} ratio=${ratio.toFixed(3)} ours=${round(ours)} baseline=${round(baseline)} unit=${options.unit} goal=${options.goal}\n`,
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
