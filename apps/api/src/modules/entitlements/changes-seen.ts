import { LRUCache } from 'lru-cache';

/**
 * Copies are vouched for so long after Postgres was last asked what changed. With the time below and the one between two
 * readings it is less than ten seconds: the longest that anything is believed, whatever is lost.
 */
const trustMs = 7_000;
/** Totals that were committed, and not told by then, are taken for lost on the way. */
const tellMs = 2_000;
const bounds = { customers: 100_000, environments: 10_000, told: 100_000 };

/** A change of what snapshots are made of, as Postgres names it (`entitlement_changes`). */
export interface Change {
  environment_id: string;
  kind: 'customer' | 'environment' | 'usage';
  /** Of a customer: what their snapshot is filed under. */
  cache_key: string;
  /** The transaction that made it. */
  changed_in: number;
}

/** What Postgres said: all changes since the reading before, but for those of transactions that are open still. */
export interface ChangesRead {
  /** What every transaction below it did has been read now. */
  horizon: number;
  /** No transaction from here on has begun. */
  next: number;
  changes: readonly Change[];
  /** False: there were more than could be read. */
  isComplete: boolean;
}

/** A reading that is under way. When messages were lost meanwhile, it says nothing. */
export interface ReadingChanges {
  /** From which transaction on to read; null: only where to begin. */
  since: number | null;
  began_ms: number;
}

/**
 * What this process knows about changes, and so of which copies it is certain that they are not out of date. A copy says as of
 * which transaction it was read: what all below that one did is in it. It is vouched for while this process has read on
 * from there without a gap, and has read of nothing since that the copy may lack. Totals need not be read: their commits
 * are told, and a commit that was not is held against all copies of its environment.
 */
export class ChangesSeen {
  /** Copies as of before are not vouched for: nobody listened then. */
  private floor: number | undefined;
  private horizon = 0;
  private newest = 0;
  private readAtMs = -Infinity;
  private reading: ReadingChanges | undefined;
  private readonly environments: LRUCache<string, number>;
  private readonly customers: LRUCache<string, { environment_id: string; changed_in: number }>;
  private readonly told: LRUCache<string, true>;
  private readonly untold = new Map<string, { change: Change; since_ms: number }>();

  /** Of customers beyond the bound their environment is remembered, and of environments a time: more is out of date then. */
  constructor(max: typeof bounds = bounds) {
    this.environments = new LRUCache({
      max: max.environments,
      dispose: (changedIn, _, reason) => {
        if (reason === 'evict' && this.floor !== undefined) {
          this.floor = Math.max(this.floor, changedIn + 1);
        }
      },
    });
    this.customers = new LRUCache({
      max: max.customers,
      dispose: ({ environment_id: environmentId, changed_in: changedIn }, _, reason) => {
        if (reason === 'evict') {
          this.outdate(environmentId, changedIn);
        }
      },
    });
    this.told = new LRUCache({ max: max.told });
  }

  begin(nowMs: number): ReadingChanges {
    this.reading = { since: this.floor === undefined ? null : this.horizon, began_ms: nowMs };
    return this.reading;
  }

  /** Takes over what was read, unless messages may have been lost since the reading began. */
  take(reading: ReadingChanges, read: ChangesRead): void {
    if (reading !== this.reading) {
      return;
    }
    this.readAtMs = reading.began_ms;
    // Of a database that was restored, transactions are counted anew.
    if (reading.since === null || !read.isComplete || read.next < this.newest) {
      this.startFrom(read.next);
      return;
    }
    this.horizon = read.horizon;
    this.newest = read.next;
    read.changes.forEach((change) => this.note(change, reading.began_ms));
  }

  /** Notes that this process was told the totals of a commit, and that Redis has them. */
  tell(environmentId: string, changedIn: number): void {
    const name = commitName(environmentId, changedIn);
    this.told.set(name, true);
    this.untold.delete(name);
  }

  /** From now on, until the next reading, changes may go unheard. */
  lose(): void {
    this.floor = undefined;
    this.reading = undefined;
  }

  /** Whether nothing has changed that a copy, read as of this transaction, lacks; but for the last seconds. */
  vouches(environmentId: string, key: string, asOf: number, nowMs: number): boolean {
    if (this.floor === undefined || nowMs - this.readAtMs > trustMs) {
      return false;
    }
    if (this.untold.size > 0) {
      this.giveUpUntold(nowMs);
    }
    return (
      asOf >= this.floor &&
      asOf <= this.newest &&
      asOf > (this.environments.get(environmentId) ?? 0) &&
      !this.hasChanged(key, asOf)
    );
  }

  /** Whether a customer is known to have changed since a copy was read. */
  hasChanged(key: string, asOf: number): boolean {
    return asOf <= (this.customers.peek(key)?.changed_in ?? 0);
  }

  private startFrom(next: number): void {
    this.floor = next;
    this.horizon = next;
    this.newest = next;
    this.environments.clear();
    this.customers.clear();
    this.untold.clear();
  }

  private note({ kind, ...change }: Change, nowMs: number): void {
    const { environment_id: environmentId, cache_key: cacheKey, changed_in: changedIn } = change;
    if (kind === 'environment') {
      this.outdate(environmentId, changedIn);
    } else if (kind === 'customer') {
      this.outdateCustomer(environmentId, cacheKey, changedIn);
    } else {
      const name = commitName(environmentId, changedIn);
      if (!this.told.has(name) && !this.untold.has(name)) {
        this.untold.set(name, { change: { kind, ...change }, since_ms: nowMs });
      }
    }
  }

  private outdate(environmentId: string, changedIn: number): void {
    const before = this.environments.get(environmentId) ?? 0;
    this.environments.set(environmentId, Math.max(before, changedIn));
  }

  private outdateCustomer(environmentId: string, cacheKey: string, changedIn: number): void {
    const key = snapshotKey(environmentId, cacheKey);
    const before = this.customers.peek(key)?.changed_in ?? 0;
    this.customers.set(key, { environment_id: environmentId, changed_in: Math.max(before, changedIn) });
  }

  private giveUpUntold(nowMs: number): void {
    for (const [name, { change, since_ms: sinceMs }] of this.untold) {
      if (nowMs - sinceMs >= tellMs) {
        this.outdate(change.environment_id, change.changed_in);
        // It is read again while an older transaction is open.
        this.told.set(name, true);
        this.untold.delete(name);
      }
    }
  }
}

/** What a snapshot is filed under in Redis. All of an environment share a hash slot, so that a cluster can run scripts on them. */
export function snapshotKey(environmentId: string, cacheKey: string): string {
  return `snapshot:{${environmentId}}:${cacheKey}`;
}

function commitName(environmentId: string, changedIn: number): string {
  return `${environmentId} ${changedIn}`;
}
