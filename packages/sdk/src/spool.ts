import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { lockFile, unlockFile } from './internal/lock-file.ts';
import type { UsageSpool } from './internal/usage-spool.ts';
import type { UsageEvent } from './resources/usage.ts';

export interface FileSpoolOptions {
  /** The file. One for each process: of several on a machine, name it after the worker. */
  path: string;
  /** How large it may become. Beyond that, usage is kept in memory only. Default: 64 MB. */
  maxBytes?: number | undefined;
}

/** It tells what customers do: for the process alone. */
const mode = 0o600;

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
  /** A full disk took only a part of the last line. */
  #isTorn = false;
  #isClosed = false;

  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    lockFile(path);
    try {
      this.#left = existsSync(path) ? eventsLeft(path) : [];
      this.#file = openSync(path, 'a', mode);
      this.#bytes = statSync(path).size;
    } catch (error) {
      unlockFile(path);
      throw error;
    }
    // The line that a crash cut off is still there if there is no room to write the file anew.
    this.#isTorn = this.#bytes > 0;
    for (const event of this.#left) {
      this.#remember(event.idempotency_key, lineOf(event));
    }
    this.#rewrite();
  }

  recover(): UsageEvent[] {
    return this.#left.splice(0);
  }

  add(event: UsageEvent): boolean {
    const line = lineOf(event);
    if (this.#lines.get(event.idempotency_key) === line) {
      return true;
    }
    const bytes = Buffer.byteLength(line);
    if (this.#bytes + bytes > this.#maxBytes && this.#liveBytes < this.#bytes / 2) {
      this.#rewrite();
    }
    if (this.#isClosed || this.#bytes + bytes > this.#maxBytes || !this.#write(line)) {
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
    if (this.#lines.size > 0 || !this.#empty()) {
      // Where even that fails, the event is sent once more by the next process, and counts once.
      this.#write(`-${JSON.stringify(key)}\n`);
    }
  }

  close(): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      closeSync(this.#file);
      unlockFile(this.#path);
    }
  }

  #remember(key: string, line: string): void {
    this.#liveBytes += Buffer.byteLength(line) - Buffer.byteLength(this.#lines.get(key) ?? '');
    this.#lines.set(key, line);
  }

  /** False: the disk is full or gone, and the line is not there. */
  #write(line: string): boolean {
    // A line of its own, also behind one that was torn.
    const text = Buffer.from(this.#isTorn ? `\n${line}` : line);
    try {
      const written = writeSync(this.#file, text);
      this.#bytes += written;
      this.#isTorn = written < text.length;
      return !this.#isTorn;
    } catch {
      return false;
    }
  }

  #empty(): boolean {
    try {
      ftruncateSync(this.#file);
      this.#bytes = 0;
      this.#isTorn = false;
      return true;
    } catch {
      return false;
    }
  }

  /** Leaves out what is stored. The old file is in place until the new one is whole, and stays if there is no room for it. */
  #rewrite(): void {
    const whole = [...this.#lines.values()].join('');
    const next = `${this.#path}.next`;
    try {
      writeFileSync(next, whole, { mode });
      const file = openSync(next, 'a');
      renameSync(next, this.#path);
      closeSync(this.#file);
      this.#file = file;
      this.#bytes = Buffer.byteLength(whole);
      this.#liveBytes = this.#bytes;
      this.#isTorn = false;
    } catch {
      rmSync(next, { force: true, recursive: true });
    }
  }
}

function lineOf(event: UsageEvent): string {
  return `+${JSON.stringify(event)}\n`;
}

function eventsLeft(path: string): UsageEvent[] {
  const left = new Map<string, UsageEvent>();
  const lines = readFileSync(path, 'utf8').split('\n');
  let unreadable = 0;
  for (const [index, line] of lines.entries()) {
    try {
      const sign = line.slice(0, 1);
      if (sign === '+') {
        // Written by ourselves, and checked by BillingOS.
        const event: UsageEvent = JSON.parse(line.slice(1));
        left.set(keyOf(event.idempotency_key), event);
      } else if (sign === '-') {
        left.delete(keyOf(JSON.parse(line.slice(1))));
      } else if (line !== '') {
        unreadable++;
      }
    } catch {
      // The last one was cut off by a crash: `trackUsage` had not returned.
      unreadable += index === lines.length - 1 ? 0 : 1;
    }
  }
  if (unreadable > 0) {
    console.error(`BillingOS: ${unreadable} lines of ${path} cannot be read and are left out.`);
  }
  return [...left.values()];
}

function keyOf(key: unknown): string {
  if (typeof key !== 'string') {
    throw new TypeError('The line names no event.');
  }
  return key;
}
