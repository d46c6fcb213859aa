import type { Change, Journal } from './journal.ts';
import { emptyTables, holdersOf, kindsOf, type HeldKind, type Kind, type Tables } from './tables.ts';

export type Mode = 'test' | 'live';

/**
 * The objects of one account in one mode. Stored objects are never changed in place: `put` replaces them,
 * so that a snapshot in an event stays what it was and a failed request can be undone.
 */
export class Dataset {
  readonly mode: Mode;
  /** The connected account, or null for the platform's own data. */
  readonly account: string | null;
  readonly #tables = emptyTables();
  /** The ids of what each holder has, by kind, oldest first. */
  readonly #held = new Map<string, Set<string>>();
  readonly #record: (change: Change, undo: () => void) => void;

  constructor(mode: Mode, account: string | null, record: (change: Change, undo: () => void) => void) {
    this.mode = mode;
    this.account = account;
    this.#record = record;
  }

  get key(): string {
    return `${this.mode}/${this.account ?? 'platform'}`;
  }

  /** Everything as it is now, for reading only. Documents are never changed in place, so they are shared. */
  copy(): Dataset {
    const copy = new Dataset(this.mode, this.account, () => {
      throw new Error('The past cannot be changed');
    });
    for (const kind of kindsOf(this.#tables)) copyTable(this.#tables, copy.#tables, kind);
    for (const [holder, ids] of this.#held) copy.#held.set(holder, new Set(ids));
    return copy;
  }

  get<K extends Kind>(kind: K, id: string): Tables[K] | undefined {
    return this.#tables[kind].get(id);
  }

  /** Everything of a kind, oldest first. */
  all<K extends Kind>(kind: K): MapIterator<Tables[K]> {
    return this.#tables[kind].values();
  }

  /** Everything of a kind that belongs to one object, oldest first, without looking at the rest. */
  of<K extends HeldKind>(kind: K, holder: string): Tables[K][] {
    const ids = this.#held.get(`${kind} ${holder}`) ?? [];
    return [...ids].flatMap((id) => this.get(kind, id) ?? []);
  }

  /** How many objects of Stripe's API there are, by kind. */
  counts(): Record<string, number> {
    const sizes = Object.entries(this.#tables).map(([kind, table]): [string, number] => [kind, table.size]);
    return Object.fromEntries(sizes.filter(([kind, size]) => !kind.startsWith('_') && size > 0));
  }

  put<K extends Kind>(kind: K, document: Tables[K]): void {
    const table = this.#tables[kind];
    const { id } = document;
    const before = table.get(id);
    table.set(id, document);
    this.#index(kind, before, document);
    this.#record({ dataset: this.key, kind, id, document }, () => {
      if (before === undefined) table.delete(id);
      else table.set(id, before);
      this.#index(kind, document, before);
    });
  }

  remove<K extends Kind>(kind: K, id: string): void {
    const table = this.#tables[kind];
    const before = table.get(id);
    if (before === undefined) return;
    table.delete(id);
    this.#index(kind, before, undefined);
    this.#record({ dataset: this.key, kind, id, document: null }, () => {
      table.set(id, before);
      this.#index(kind, undefined, before);
    });
  }

  #index<K extends Kind>(kind: K, before: Tables[K] | undefined, after: Tables[K] | undefined): void {
    const left = before === undefined ? [] : holdersOf(kind, before);
    const holders = after === undefined ? [] : holdersOf(kind, after);
    for (const holder of left) {
      if (!holders.includes(holder)) this.#held.get(`${kind} ${holder}`)?.delete(before?.id ?? '');
    }
    for (const holder of holders) {
      const key = `${kind} ${holder}`;
      const ids = this.#held.get(key);
      if (ids === undefined) this.#held.set(key, new Set([after?.id ?? '']));
      else ids.add(after?.id ?? '');
    }
  }
}

function copyTable<K extends Kind>(
  from: { [T in Kind]: Map<string, Tables[T]> },
  to: { [T in Kind]: Map<string, Tables[T]> },
  kind: K,
): void {
  for (const [id, document] of from[kind]) to[kind].set(id, document);
}

interface Transaction {
  changes: Change[];
  undo: (() => void)[];
}

/** All data sets. Every change happens inside `transaction`, which is synchronous and all or nothing. */
export class Store {
  readonly #datasets = new Map<string, Dataset>();
  readonly #journal: Journal | undefined;
  readonly #moments: Map<string, Dataset>[] = [];
  /** What reading requests see in place of what is there. */
  #recalled: Map<string, Dataset> | undefined;
  #open: Transaction | undefined;

  constructor(journal: Journal | undefined) {
    this.#journal = journal;
    const restored = journal?.load() ?? [];
    this.#open = { changes: [], undo: [] };
    for (const { dataset, kind, document } of restored) {
      const [mode, account] = dataset.split('/');
      this.dataset(mode === 'live' ? 'live' : 'test', account === 'platform' ? null : (account ?? null)).put(
        kind,
        document,
      );
    }
    this.#open = undefined;
  }

  dataset(mode: Mode, account: string | null): Dataset {
    const key = `${mode}/${account ?? 'platform'}`;
    const found = this.#datasets.get(key);
    if (found !== undefined) return found;
    const created = new Dataset(mode, account, (change, undo) => this.#remember(change, undo));
    this.#datasets.set(key, created);
    return created;
  }

  datasets(): Dataset[] {
    return [...this.#datasets.values()];
  }

  /** Remembers everything as it is now; the answer names this moment for `recall`. */
  remember(): number {
    return this.#moments.push(new Map([...this.#datasets].map(([key, data]) => [key, data.copy()]))) - 1;
  }

  /** From now on requests that only read see a moment of the past; `null` is the present. */
  recall(moment: number | null): void {
    this.#recalled = moment === null ? undefined : this.#moments[moment];
  }

  /** A data set as requests that only read see it. */
  asRead(data: Dataset): Dataset {
    return this.#recalled?.get(data.key) ?? data;
  }

  /** Runs `work`; its changes are in the journal when this returns, and undone when it throws. */
  transaction<T>(work: () => T): T {
    if (this.#open !== undefined) throw new Error('A transaction is open already');
    const transaction: Transaction = { changes: [], undo: [] };
    this.#open = transaction;
    try {
      const result = work();
      this.#journal?.append(transaction.changes);
      return result;
    } catch (error) {
      for (const undo of transaction.undo.reverse()) undo();
      throw error;
    } finally {
      this.#open = undefined;
    }
  }

  /** Runs `work` within the open transaction and undoes all that it changed, whatever becomes of it. */
  rehearse(work: () => void): void {
    const open = this.#open;
    if (open === undefined) throw new Error('A rehearsal outside a transaction');
    const changes = open.changes.length;
    const undo = open.undo.length;
    try {
      work();
    } finally {
      open.changes.length = changes;
      for (const step of open.undo.splice(undo).reverse()) step();
    }
  }

  close(): void {
    this.#journal?.close();
  }

  #remember(change: Change, undo: () => void): void {
    if (this.#open === undefined) throw new Error('A change outside a transaction');
    this.#open.changes.push(change);
    this.#open.undo.push(undo);
  }
}
