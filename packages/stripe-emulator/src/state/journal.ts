import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Stripe from 'stripe';
import { emptyTables, type Kind, type Tables } from './tables.ts';

/** One change of the current transaction; `document` is null for a removal. */
export interface Change {
  dataset: string;
  kind: Kind;
  id: string;
  document: object | null;
}

/** A stored object as read back, with the kind that types it. */
export interface Restored<K extends Kind = Kind> {
  dataset: string;
  kind: K;
  document: Tables[K];
}

const DECIMAL = '$decimal';
const KINDS = new Set(Object.keys(emptyTables()));

/**
 * The data folder: one file with a line for each transaction, appended before the request is answered.
 * Opening it rewrites the file to the latest version of each object and swaps it in by rename, so that a
 * crash leaves either the old file or the new one. A torn last line was never answered and is dropped.
 */
export class Journal {
  readonly #path: string;
  #file: number | undefined;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#path = join(folder, 'journal.jsonl');
  }

  /** Everything stored, oldest first; compacts the file and opens it for appending. */
  load(): Restored[] {
    const latest = new Map<string, Change>();
    const text = existsSync(this.#path) ? readFileSync(this.#path, 'utf8') : '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    for (const line of whole.split('\n')) {
      if (line === '') continue;
      for (const change of parseLine(line)) {
        const key = `${change.dataset} ${change.kind} ${change.id}`;
        if (change.document === null) latest.delete(key);
        else latest.set(key, change);
      }
    }
    const changes = [...latest.values()].filter((change) => KINDS.has(change.kind));
    writeFileSync(`${this.#path}.new`, changes.map((change) => lineOf([change])).join(''));
    renameSync(`${this.#path}.new`, this.#path);
    this.#file = openSync(this.#path, 'a');
    // A parse boundary: the file holds what `append` wrote of these very types.
    return changes.map(({ dataset, kind, document }) => ({ dataset, kind, document }) as Restored);
  }

  append(changes: Change[]): void {
    if (changes.length === 0 || this.#file === undefined) return;
    writeSync(this.#file, lineOf(changes));
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function parseLine(line: string): Change[] {
  return JSON.parse(line, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !(DECIMAL in value)) return value;
    const mark = value[DECIMAL];
    return Array.isArray(mark) ? Stripe.Decimal.from(String(mark[0])) : value;
  });
}

/** Decimals are marked by a list, which metadata cannot hold: as text they could not be told from it. */
function lineOf(changes: Change[]): string {
  const text = JSON.stringify(changes, function (this: Record<string, unknown>, key, value: unknown) {
    return isDecimal(this[key]) ? { [DECIMAL]: [value] } : value;
  });
  return `${text}\n`;
}

function isDecimal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'toFixed' in value && 'isZero' in value;
}
