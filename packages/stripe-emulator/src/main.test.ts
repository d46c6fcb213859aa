import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { startEmulator } from './emulator.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** Runs the command and gathers what it says until it ends or `until` appears. */
async function run(args: string[], until: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let said = '';
  await new Promise<void>((resolve) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(until)) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => resolve());
  });
  return { child, said };
}

const exit = (child: ChildProcess) =>
  child.exitCode === null
    ? new Promise<number | null>((resolve) => child.once('exit', resolve))
    : Promise.resolve(child.exitCode);

it('the command says where it listens and stops when told', async () => {
  const { child, said } = await run(['--port', '0'], 'http://');
  const url = /http:\S+/.exec(said)?.[0] ?? '';

  expect((await fetch(`${url}/_emulator/health`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await exit(child)).toBe(0);
});

it('the time of new data begins where it is told, and goes on from where it was moved to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'emulator-begins-'));
  const moved = async (seconds: number) => {
    const args = ['--port', '0', '--data', folder, '--begins-at', '2026-01-31T12:00:00Z'];
    const { child, said } = await run(args, 'http://');
    const answer = await fetch(`${/http:\S+/.exec(said)?.[0]}/_emulator/clock/advance`, {
      method: 'POST',
      body: JSON.stringify({ seconds }),
    });
    const now = Number(/"now": (\d+)/.exec(await answer.text())?.[1]);
    child.kill('SIGTERM');
    await exit(child);
    return new Date(now * 1000).toISOString();
  };

  expect(await moved(86_400)).toMatch(/^2026-02-01T12:00/);
  expect(await moved(0)).toMatch(/^2026-02-01T12:00/);
  await rm(folder, { recursive: true });
});

it('the command names a port that is taken', async () => {
  const holder = await startEmulator();
  const { child, said } = await run(['--port', String(holder.port)], 'nothing it says');

  expect(said).toContain(
    `its port is taken: listen EADDRINUSE: address already in use 127.0.0.1:${holder.port}`,
  );
  expect(await exit(child)).toBe(1);
  await holder.close();
});

it('the command refuses to forward without a secret to sign with', async () => {
  const { child, said } = await run(
    ['--port', '0', '--forward-to', 'http://127.0.0.1:1/x'],
    'nothing it says',
  );

  expect(said).toContain('--forward-to needs --forward-secret to sign with');
  expect(await exit(child)).toBe(1);
});
