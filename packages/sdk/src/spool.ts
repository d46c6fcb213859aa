import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { resolve } from 'node:path';
import type { UsageSpool } from './internal/usage-spool.ts';
import type { UsageEvent } from './resources/usage.ts';

export interface FileSpoolOptions {
  /** The file. One for each process: of several on a machine, name it after the worker. */
  path: string;
  /** How large it may become. Beyond that, usage is kept in memory only. Default: 64 MB. */
  maxBytes?: number | undefined;
}

const openHere = new Set<string>();

/**
 * Keeps usage that is not stored yet in a file, for a client in a process of Node: what was tracked when the process is
 * killed is sent by the next one, with the same keys, so that it counts once. `new BillingOS({ spool: fileSpool({ path }) })`.
 * A line is written for each event before `trackUsage` returns; a machine that loses power may lose the last of them.
 * Throws when another running process has the file.
 */
export function fileSpool({ path, maxBytes = 64 * 1024 * 1024 }: FileSpoolOptions): UsageSpool {
  return new FileSpool(resolve(path), maxBytes);
}

/** `+{…}` is an event, `-"key"` says that it is stored. A line that a crash cut off is left out. */
class FileSpool implements UsageSpool {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #left: UsageEvent[];
  /** The line of each event that is not stored. */
  readonly #lines = new Map<string, string>();
  #file: number;
  #bytes = 0;
  #liveBytes = 0;
  #isClosed = false;

  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    lock(path);
    this.#left = existsSync(path) ? eventsLeft(readFileSync(path, 'utf8')) : [];
    for (const event of this.#left) {
      this.#remember(event.idempotency_key, lineOf(event));
    }
    this.#file = openSync(path, 'a');
    this.#rewrite();
  }

  recover(): UsageEvent[] {
    return this.#left.splice(0);
  }

  add(event: UsageEvent): boolean {
    const line = lineOf(event);
    const bytes = Buffer.byteLength(line);
    if (this.#bytes + bytes > this.#maxBytes && this.#liveBytes < this.#bytes / 2) {
      this.#rewrite();
    }
    if (this.#isClosed || this.#bytes + bytes > this.#maxBytes) {
      return false;
    }
    try {
      this.#write(line);
    } catch {
      // The disk is full or gone: the event is in memory, and on its way.
      return false;
    }
    this.#remember(event.idempotency_key, line);
    return true;
  }

  remove(key: string): void {
    const line = this.#lines.get(key);
    if (line === undefined || this.#isClosed) {
      return;
    }
    this.#lines.delete(key);
    this.#liveBytes -= Buffer.byteLength(line);
    if (this.#lines.size === 0) {
      ftruncateSync(this.#file);
      this.#bytes = 0;
    } else {
      this.#write(`-${JSON.stringify(key)}\n`);
    }
  }

  close(): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      closeSync(this.#file);
      unlock(this.#path);
    }
  }

  #remember(key: string, line: string): void {
    this.#liveBytes += Buffer.byteLength(line) - Buffer.byteLength(this.#lines.get(key) ?? '');
    this.#lines.set(key, line);
  }

  #write(text: string): void {
    this.#bytes += writeSync(this.#file, text);
  }

  /** Leaves out what is stored. The old file is in place until the new one is whole. */
  #rewrite(): void {
    const whole = [...this.#lines.values()].join('');
    const next = `${this.#path}.next`;
    writeFileSync(next, whole);
    renameSync(next, this.#path);
    closeSync(this.#file);
    this.#file = openSync(this.#path, 'a');
    this.#bytes = Buffer.byteLength(whole);
    this.#liveBytes = this.#bytes;
  }
}

function lineOf(event: UsageEvent): string {
  return `+${JSON.stringify(event)}\n`;
}

function eventsLeft(text: string): UsageEvent[] {
  const left = new Map<string, UsageEvent>();
  for (const line of text.split('\n')) {
    try {
      if (line.startsWith('+')) {
        // Written by ourselves, and checked by BillingOS.
        const event: UsageEvent = JSON.parse(line.slice(1));
        left.set(event.idempotency_key, event);
      } else if (line.startsWith('-')) {
        left.delete(JSON.parse(line.slice(1)));
      }
    } catch {
      // Cut off by a crash: `trackUsage` had not returned.
    }
  }
  return [...left.values()];
}

function lock(path: string): void {
  const file = `${path}.lock`;
  const owner = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
  if (openHere.has(path) || (owner !== undefined && owner !== process.pid && isRunning(owner))) {
    throw new Error(
      `${path} is in use by process ${owner ?? process.pid}. Give each process a file of its own.`,
    );
  }
  writeFileSync(file, String(process.pid));
  openHere.add(path);
}

function unlock(path: string): void {
  openHere.delete(path);
  unlinkSync(`${path}.lock`);
}

function isRunning(pid: number): boolean {
  try {
    // 0 is no signal: it only asks.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
