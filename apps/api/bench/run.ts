// Measures the two calls that merchants make millions of times, each beside a bare Fastify route on the same Node in
// the same run, and prints one line a measure: `bench NAME ratio=R ours=X baseline=Y unit=U goal=G`.
import { execFileSync } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { measureExploring } from './explore.ts';
import { fill } from './fill.ts';
import { drive, type Load, measurePair } from './measure.ts';
import { watchMemory } from './memory.ts';
import { customers, manyCustomers } from './seed.ts';
import { type BenchStack, startBenchStack } from './stack.ts';
import { measureStream } from './stream.ts';
import { measureBatches } from './track-batch.ts';

const trackConnections = 64;
const warmingSeconds = 10;
/** Then snapshots are no longer believed by their age alone. */
const oldAfterMs = 12_000;
const memoryWarmUpSeconds = 20;
const memorySeconds = 120;
const fullRows = Number(process.env['BENCH_FULL_ROWS'] ?? 20_000_000);
const exploredRows = Number(process.env['BENCH_EXPLORE_ROWS'] ?? 5_000_000);

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
  track_batch: { measure: measureTrackingBatches, isUsual: true },
  stream: { measure: measureStreaming, isUsual: true },
  // These take minutes: only when they are asked for by name.
  check_many: { measure: measureManyCustomers, isUsual: false },
  track_memory: { measure: measureMemory, isUsual: false },
  track_full: { measure: measureFullTables, isUsual: false },
  explore: { measure: measureExploration, isUsual: false },
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
    next: () => checkOf(path, randomInt(customersMax) + 1),
  };
}

function checkOf(path: string, customer: number): { path: string } {
  return { path: `${path}?customer=user_${customer}&feature=api_calls` };
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

/** Both are ours: drawn from a million customers, and from the thousand that there are otherwise; each was checked before. */
async function measureManyCustomers({ apiUrl, secretKey, seedMany }: BenchStack): Promise<void> {
  await seedMany();
  let checked = 0;
  const each = {
    ...checksOf(apiUrl, checkPath, secretKey, manyCustomers),
    next: () => checkOf(checkPath, ++checked),
  };
  while (checked < manyCustomers) {
    await drive(each, 64, warmingSeconds);
  }
  await new Promise((resolve) => setTimeout(resolve, oldAfterMs));
  const measured = await measurePair(
    checksOf(apiUrl, checkPath, secretKey, manyCustomers),
    checksOf(apiUrl, checkPath, secretKey, customers),
    64,
  );
  report('check_many', measured.ours.perSecond, measured.baseline.perSecond, { unit: 'req/s', goal: 0.8 });
}

/** Single events, every key new, to the API and to the bare server. */
function eventLoads({ apiUrl, bareUrl, secretKey }: BenchStack): { ours: Load; baseline: Load } {
  const body = (): string =>
    JSON.stringify({
      idempotency_key: randomUUID(),
      customer: `user_${randomInt(customers) + 1}`,
      meter: 'api_calls',
      value: 1,
    });
  const headers = { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' };
  const load = (url: string, path: string): Load => ({
    url,
    method: 'POST',
    headers,
    next: () => ({ path, body: body() }),
  });
  return { ours: load(apiUrl, '/api/v1/usage/track'), baseline: load(bareUrl, '/track') };
}

async function measureTracking(stack: BenchStack): Promise<void> {
  const { ours, baseline } = eventLoads(stack);
  const measured = await measurePair(ours, baseline, trackConnections);
  report('track', measured.ours.perSecond, measured.baseline.perSecond, { unit: 'req/s', goal: 0.35 });
  const commit = { ...baseline, next: () => ({ ...baseline.next(), path: '/commit' }) };
  const beside = await measurePair(ours, commit, trackConnections);
  report('track_commit', beside.ours.perSecond, beside.baseline.perSecond, { unit: 'req/s', goal: 0.7 });
}

async function measureTrackingBatches(stack: BenchStack): Promise<void> {
  const { ours, baseline } = await measureBatches(stack);
  report('track_batch', ours, baseline, { unit: 'events/s', goal: 0.5 });
}

async function measureMemory(stack: BenchStack): Promise<void> {
  const { ours } = eventLoads(stack);
  await drive(ours, trackConnections, memoryWarmUpSeconds);
  const { steady, peak } = await watchMemory(stack.apiPid, () =>
    drive(ours, trackConnections, memorySeconds),
  );
  report('track_memory', peak, steady, { unit: 'MB', goal: 0.8, lower: true });
}

/** The bare server has no tables: in relation to it, what full ones cost is told apart from the machine's mood. */
async function measureFullTables(stack: BenchStack): Promise<void> {
  const { ours, baseline } = eventLoads(stack);
  const shareOfBare = async (): Promise<number> => {
    const measured = await measurePair(ours, baseline, trackConnections);
    return (100 * measured.ours.perSecond) / measured.baseline.perSecond;
  };
  const empty = await shareOfBare();
  await fill(stack.ownerUrl, fullRows);
  report('track_full', await shareOfBare(), empty, { unit: '%_of_bare', goal: 0.75 });
}

async function measureExploration(stack: BenchStack): Promise<void> {
  for (const { name, ours, baseline } of await measureExploring(stack, exploredRows)) {
    report(name, ours, baseline, { unit: 'ms', goal: 5, lower: true });
  }
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
