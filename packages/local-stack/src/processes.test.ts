import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startService, waitUntilReady, type Service } from './processes.ts';
import { StartedServices } from './started-services.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'billingos-processes-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, script: string, stopTimeoutMs = 5000): Promise<Service> {
  return startService({
    name,
    command: process.execPath,
    args: ['-e', script],
    logFile: join(folder, `${name}.log`),
    stopTimeoutMs,
  });
}

/** A program that has ended but was not collected yet by its parent (in a container, often nobody's) is not running. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

const obedient = `process.on('SIGTERM', () => { console.log('finished my work'); process.exit(0) }); setInterval(() => {}, 1000); console.log('ready')`;
const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready')`;
const parent = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']); console.log('child ' + child.pid); setInterval(() => {}, 1000)`;

test('a program that is stopped may finish its work first', async () => {
  const service = await program('obedient', obedient);
  await waitUntilReady(service, async () => service.logTail().includes('ready'));

  await service.stop();

  expect(await service.ended).toBe('code 0');
  expect(service.logTail()).toContain('finished my work');
});

test('a program that does not end when asked is killed', async () => {
  const service = await program('stubborn', stubborn, 200);
  await waitUntilReady(service, async () => service.logTail().includes('ready'));

  await service.stop();

  expect(await service.ended).toBe('signal SIGKILL');
  expect(isRunning(service.pid)).toBe(false);
});

test('what a program started ends with it', async () => {
  const service = await program('parent', parent);
  await waitUntilReady(service, async () => service.logTail().includes('child '));
  const child = Number(/child (\d+)/.exec(service.logTail())?.[1]);
  expect(isRunning(child)).toBe(true);

  await service.stop();

  for (let attempt = 0; attempt < 100 && isRunning(child); attempt += 1) await sleep(20);
  expect(isRunning(child)).toBe(false);
});

test('a program that ends while it should become ready is reported with its last words', async () => {
  const service = await program('broken', `console.error('no database'); process.exit(3)`);
  await expect(waitUntilReady(service, async () => false)).rejects.toThrow(
    /broken ended while starting \(code 3\):\s+no database/,
  );
});

test('a program that does not exist is reported', async () => {
  const start = startService({
    name: 'missing',
    command: join(folder, 'missing'),
    args: [],
    logFile: join(folder, 'missing.log'),
  }).then((service) => waitUntilReady(service, async () => false));
  await expect(start).rejects.toThrow(/missing/);
});

test('parts end in the reverse of the order they were started in', async () => {
  const started = new StartedServices();
  const ended: string[] = [];
  for (const name of ['first', 'second', 'third']) {
    const service = await program(name, obedient);
    await waitUntilReady(service, async () => service.logTail().includes('ready'));
    void service.ended.then(() => ended.push(name));
    await started.add({ service });
  }

  await started.stop();

  expect(ended).toEqual(['third', 'second', 'first']);
});

test('a part that ends by itself is named, with the end of its log', async () => {
  const started = new StartedServices();
  const service = await program('worker', `console.error('out of memory'); process.exit(9)`);
  await started.add({ service });
  expect(await started.failure).toMatch(/worker ended by itself \(code 9\)[\s\S]*out of memory/);
});

test('a part that comes up after everything was told to end is ended, too', async () => {
  const started = new StartedServices();
  await started.stop();
  const service = await program('late', obedient);

  await expect(started.add({ service })).rejects.toThrow('interrupted');

  expect(isRunning(service.pid)).toBe(false);
});
