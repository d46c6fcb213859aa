#!/usr/bin/env node
// What `npm start`, `npm test`, `npm run test:faults`, `npm run demo` and `npm run bench` call: runs on the machine's own Node (20 or
// newer) with nothing installed, installs what is missing, and hands over to Node 24 from the npm registry.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const programs = {
  start: ['packages/local-stack/src/start.ts'],
  test: ['packages/local-stack/src/check.ts'],
  'test:faults': ['packages/local-stack/src/check.ts', 'faults'],
  demo: ['packages/local-stack/src/demo.ts'],
  bench: ['apps/api/bench/run.ts'],
};

const project = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const bin = join(project, 'node_modules', '.bin');
const stampFile = join(project, 'node_modules', '.billingos-installed');
const env = {
  ...process.env,
  PATH: `${bin}:${process.env.PATH}`,
  NEXT_TELEMETRY_DISABLED: '1',
  TURBO_TELEMETRY_DISABLED: '1',
};

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = 1;
  },
);

async function main() {
  const [command = '', ...rest] = process.argv.slice(2);
  const program = programs[command];
  if (program === undefined) throw new Error(`Usage: bootstrap.mjs ${Object.keys(programs).join('|')}`);
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new Error(`BillingOS needs Node 20 or newer to start; this is ${process.version}.`);
  }
  if (process.platform === 'win32') {
    throw new Error('The local stack runs on Linux and macOS. On Windows, run it in WSL.');
  }
  await install();
  const [file, ...words] = program;
  return (await run(join(bin, 'node'), [join(project, file), ...words, ...rest], { stdio: 'inherit' })).code;
}

/**
 * Installs unless the last install was of exactly this lockfile on this kind of machine. Afterwards pnpm, which
 * Turborepo runs scripts with, is on the path: the one in npm's cache.
 */
async function install() {
  const wanted = createHash('sha256')
    .update(`${process.platform} ${process.arch}\n`)
    .update(readFileSync(join(project, 'pnpm-lock.yaml')))
    .update(readFileSync(join(project, 'pnpm-workspace.yaml')))
    .digest('hex');
  const installed = existsSync(stampFile) ? readFileSync(stampFile, 'utf8').split('\n') : [];
  let pnpm = installed[1] ?? '';
  if (installed[0] !== wanted || !existsSync(pnpm) || !existsSync(join(bin, 'node'))) {
    process.stdout.write('Installing dependencies (the first time takes a minute or two)…\n');
    const { packageManager } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
    pnpm = await quietly('npx', ['--yes', '--package', packageManager, '--', 'sh', '-c', 'command -v pnpm']);
    await quietly(pnpm, ['install', '--frozen-lockfile']);
    writeFileSync(stampFile, `${wanted}\n${pnpm}`);
  }
  env.PATH = `${env.PATH}:${dirname(pnpm)}`;
}

/** The last line the program printed. Its whole end is shown only when it fails. */
async function quietly(file, args) {
  const { code, output } = await run(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, CI: 'true' },
  });
  const lines = output.trimEnd().split('\n');
  if (code !== 0) throw new Error(`The dependencies could not be installed:\n${lines.slice(-15).join('\n')}`);
  return lines.at(-1);
}

/** Runs a program in the project and passes Ctrl-C and kill on to it, so that it can end what it started. */
function run(file, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: project, env, ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    const passOn = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, passOn);
    // npm ends its shell when it is told to end, and the shell ends without a word to us.
    const parent = process.ppid;
    const orphaned = setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500);
    child.once('error', (error) => reject(new Error(`${file} could not be run: ${error.message}`)));
    child.once('exit', (code, signal) => {
      clearInterval(orphaned);
      for (const name of signals) process.off(name, passOn);
      resolve({ code: signal === null ? code : 1, output });
    });
  });
}
