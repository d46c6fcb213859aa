/**
 * `npm test`: everything a change must pass, cheapest first, stopping at the first stage that fails. The last
 * line is `N passed, N failed`: tests, and a failed stage without tests counts as one. `npm test -- lint types`
 * runs only those stages. `npm run test:faults` runs the stage that is only run when named: everything that goes wrong
 * on purpose, again and again.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { projectDir } from './settings.ts';

interface Counts {
  passed: number;
  failed: number;
}

interface Stage {
  name: string;
  /** Runs it and returns what to add to the counts; a stage without tests adds a failure when it fails. */
  run: () => Promise<Counts>;
  /** Takes long, and runs only when it is named. */
  isOnRequest?: boolean;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const bin = (name: string): string => join(projectDir, 'node_modules', '.bin', name);
const groups = new Set<number>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const group of groups) process.kill(-group, signal);
    process.exitCode = 130;
  });
}

const stages: Stage[] = [
  { name: 'format', run: () => tool(bin('prettier'), ['--check', '--log-level=warn', '.']) },
  { name: 'lint', run: () => lint() },
  {
    name: 'imports',
    run: () => tool(bin('depcruise'), ['--config', '.dependency-cruiser.mjs', 'apps', 'packages']),
  },
  { name: 'types', run: () => turbo('typecheck') },
  { name: 'tests', run: () => allTests('test') },
  { name: 'build', run: () => turbo('build') },
  { name: 'browser', run: () => allTests('test:e2e') },
  { name: 'faults', isOnRequest: true, run: () => faultTests() },
];

process.exitCode = await check(process.argv.slice(2));

async function check(only: readonly string[]): Promise<number> {
  const unknown = only.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `No such stage: ${unknown.join(', ')}. There are: ${stages.map(({ name }) => name).join(', ')}.\n`,
    );
    return 2;
  }
  const total: Counts = { passed: 0, failed: 0 };
  for (const { name, run, isOnRequest } of stages) {
    if (only.length > 0 ? !only.includes(name) : isOnRequest === true) continue;
    const started = performance.now();
    const { passed, failed } = await run();
    total.passed += passed;
    total.failed += failed;
    say(`${failed === 0 ? '✓' : '✗'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    if (failed > 0 || process.exitCode !== undefined) break;
  }
  say(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 && process.exitCode === undefined ? 0 : 1;
}

/** Runs a checker that says nothing worth reading when all is well. */
async function tool(command: string, args: readonly string[]): Promise<Counts> {
  const { code, output } = await run(command, args, { shown: false });
  if (code !== 0) say(output.trimEnd());
  return { passed: 0, failed: code === 0 ? 0 : 1 };
}

/** What knows about types reads those of packages that are built. */
async function lint(): Promise<Counts> {
  const built = await turbo('build', '--filter=./packages/*');
  return built.failed > 0 ? built : tool(bin('oxlint'), ['--quiet']);
}

function turbo(task: string, ...options: string[]): Promise<Counts> {
  return tool(bin('turbo'), [
    'run',
    task,
    ...options,
    '--continue=always',
    '--output-logs=errors-only',
    '--no-color',
  ]);
}

/** Runs Vitest in every package that has this script, all of them even when one fails. */
async function allTests(script: 'test' | 'test:e2e'): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0 };
  for (const folder of packagesWith(script)) {
    const { passed, failed } = await packageTests(folder);
    counts.passed += passed;
    counts.failed += failed;
  }
  return counts;
}

/** The tests that kill, cut off and shuffle, ten times as often as `npm test` does. */
function faultTests(): Promise<Counts> {
  process.env['FAULT_ROUNDS'] ??= '20';
  return packageTests(join(projectDir, 'apps', 'api'), ['test/faults']);
}

async function packageTests(folder: string, files: readonly string[] = []): Promise<Counts> {
  const reports = mkdtempSync(join(tmpdir(), 'billingos-tests-'));
  const report = join(reports, 'report.json');
  try {
    const { code } = await run(
      join(folder, 'node_modules', '.bin', 'vitest'),
      ['run', ...files, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      { cwd: folder, shown: true },
    );
    return countsOf(report, code);
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

/** A run that fails without a failed test (a file that does not load, no tests at all) is one failure. */
function countsOf(report: string, code: number): Counts {
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests } = z
    .looseObject({ numPassedTests: z.number(), numFailedTests: z.number() })
    .parse(JSON.parse(readFileSync(report, 'utf8')));
  return { passed: numPassedTests, failed: code === 0 ? 0 : Math.max(1, numFailedTests) };
}

function packagesWith(script: string): string[] {
  const manifest = z.looseObject({ scripts: z.record(z.string(), z.string()).optional() });
  return ['packages', 'apps']
    .flatMap((area) => readdirSync(join(projectDir, area)).map((name) => join(projectDir, area, name)))
    .filter((folder) => {
      const file = join(folder, 'package.json');
      return (
        existsSync(file) &&
        manifest.parse(JSON.parse(readFileSync(file, 'utf8'))).scripts?.[script] !== undefined
      );
    });
}

async function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; shown: boolean },
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? projectDir,
      stdio: ['ignore', options.shown ? 'inherit' : 'pipe', options.shown ? 'inherit' : 'pipe'],
      // A group of its own: an interruption must reach what the checker starts, too.
      detached: true,
    });
    const { pid } = child;
    if (pid !== undefined) groups.add(pid);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => (output += String(chunk)));
    child.once('error', (error) =>
      resolve({ code: 1, output: `${command} could not be run: ${error.message}` }),
    );
    child.once('close', (code) => {
      if (pid !== undefined) groups.delete(pid);
      resolve({ code: code ?? 1, output });
    });
  });
}
