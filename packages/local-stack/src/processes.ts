import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServiceOptions {
  /** How messages call it: `postgres`, `api`. */
  name: string;
  command: string;
  args: readonly string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Run as this user (only root may ask for another one). */
  user?: { uid: number; gid: number };
  /** Where its output goes; opened for appending. */
  logFile: string;
  /** The signal that asks it to finish its work and end. */
  stopSignal?: NodeJS.Signals;
  /** How long it may take to end before it is killed, milliseconds. */
  stopTimeoutMs?: number;
}

/** A program started by the local stack, which will be ended by it. */
export interface Service {
  readonly name: string;
  readonly pid: number;
  /** Settles when the process has ended, for whatever reason: `code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>;
  /** Asks it to end, waits, and kills its whole process group when it does not. Safe to call twice. */
  stop(): Promise<void>;
  /** The last lines it wrote. */
  logTail(lines?: number): string;
}

/** A part of the stack could not start or ended by itself; the message is for the person at the terminal. */
export class StackError extends Error {}

/**
 * Starts a program in a process group of its own, so that Ctrl-C in a terminal reaches only the stack, which
 * then ends its parts in order. On Linux the kernel ends the program if the stack itself is killed.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { name, logFile, stopSignal = 'SIGTERM', stopTimeoutMs = 15_000 } = options;
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const [command, args] = tiedToThisProcess(options.command, options.args, stopSignal);
  let child: ChildProcess;
  try {
    child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...options.user,
      env: options.env ?? process.env,
      stdio: ['ignore', log, log],
      detached: true,
    });
  } finally {
    closeSync(log);
  }
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `code ${code}` : `signal ${signal}`));
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', (error) => reject(new StackError(`${name} could not be started: ${error.message}`)));
    child.once('spawn', () => resolve(child.pid ?? 0));
  });

  let stopping: Promise<void> | undefined;
  return {
    name,
    pid,
    ended,
    stop: () => (stopping ??= stop(child, ended, stopSignal, stopTimeoutMs)),
    logTail: (lines = 20) => tail(logFile, lines),
  };
}

async function stop(
  child: ChildProcess,
  ended: Promise<string>,
  stopSignal: NodeJS.Signals,
  stopTimeoutMs: number,
): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(stopSignal);
    const outcome = await Promise.race([ended, sleep(stopTimeoutMs, 'too slow', { ref: false })]);
    if (outcome === 'too slow') child.kill('SIGKILL');
    await ended;
  }
  // Whatever the program started and left behind shares its group.
  if (child.pid !== undefined) killGroup(child.pid);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is empty: nothing was left behind.
  }
}

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));

function tiedToThisProcess(
  command: string,
  args: readonly string[],
  signal: NodeJS.Signals,
): [string, readonly string[]] {
  if (process.platform !== 'linux' || setpriv === undefined) return [command, args];
  return [setpriv, ['--pdeathsig', signal.replace('SIG', ''), '--', command, ...args]];
}

/**
 * Asks `probe` until it says true. Fails with the end of the service's log when the service ends first or the
 * time is over.
 */
export async function waitUntilReady(
  service: Service,
  probe: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const outcome: { ended?: string } = {};
  void service.ended.then((how) => (outcome.ended = how));
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    if (outcome.ended !== undefined) {
      throw new StackError(`${service.name} ended while starting (${outcome.ended}):\n${service.logTail()}`);
    }
    if (await probe()) return;
    await sleep(50);
  }
  throw new StackError(`${service.name} was not ready after ${timeoutMs / 1000} s:\n${service.logTail()}`);
}

/** Whether a GET of this URL is answered with a 2xx status. */
export async function respondsOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function tail(file: string, lines: number): string {
  if (!existsSync(file)) return '(no log)';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}
