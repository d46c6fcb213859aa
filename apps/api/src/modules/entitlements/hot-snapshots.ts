import { LRUCache } from 'lru-cache';
import { outageMemoryMs } from '../../platform/outage.ts';
import type { Snapshot, SnapshotFeature } from './snapshot.ts';

/** Bounds the memory: a customer with ten features counts as eleven; some hundred bytes each. */
const sizeMax = 300_000;
/** Longer than any read can be under way. */
const versionsKeptMs = 20_000;
const versionsMax = 100_000;

/** A customer's snapshot with the usage as it is known now, and until when it may be answered from. */
export interface KeptSnapshot {
  snapshot: Snapshot;
  /** When the first of its billing periods ends, by the clock of the product. */
  ends_at_ms: number;
  /** When it was last known to be true, by `performance.now()`, like the next three: no clock that is set can make it younger. */
  known_at_ms: number;
  /** Until when it is believed whatever was lost. */
  trusted_until_ms: number;
  /** Until when it is believed as long as it is vouched for. */
  lives_until_ms: number;
  /** From when on it is to be read anew, so that no check has to wait for that. */
  renew_at_ms: number;
  /** What an event of a meter and period changes. A list, and no map: there are few, and hundreds of thousands of copies. */
  usage: { field: string; feature: SnapshotFeature }[];
}

export interface UsageTotal {
  key: string;
  field: string;
  version: number;
  used: number;
}

/** A read of Redis that is under way. What is told about the customer meanwhile may not be in it. */
export interface Reading {
  key: string;
  isSpoilt: boolean;
}

/**
 * Copies, in this process, of what Redis holds for checks. Every change is told to every process, after it is in Redis:
 * a copy is taken away then, or brought to the new total. A read that a message overtakes is not kept, so whatever is
 * here is what Redis held after the last message that arrived.
 */
export class HotSnapshots {
  private readonly copies = new LRUCache<string, KeptSnapshot>({
    maxSize: sizeMax,
    sizeCalculation: ({ snapshot }) => 1 + Object.keys(snapshot.features).length,
  });
  /** Below which nothing is believed, whoever wrote it: Redis may be emptied, and forget what it must refuse. */
  private readonly newest = new LRUCache<string, number>({ max: versionsMax, ttl: versionsKeptMs });
  private readonly readings = new Map<string, Set<Reading>>();

  /** Whether it may be believed is for who asks to say. */
  get(key: string): KeptSnapshot | undefined {
    return this.copies.get(key);
  }

  /** Undefined also for one that is too old to be believed by itself. */
  find(key: string): KeptSnapshot | undefined {
    const copy = this.copies.get(key);
    return copy === undefined || copy.trusted_until_ms <= performance.now() ? undefined : copy;
  }

  /** What was read last, also when it is not trusted any more: for when nobody can be asked. */
  lastKnown(key: string): KeptSnapshot | undefined {
    const copy = this.copies.get(key);
    return copy === undefined || copy.known_at_ms + outageMemoryMs <= performance.now() ? undefined : copy;
  }

  /** Keeps as last known what was read from Postgres, unless there is a copy to be trusted. What was told meanwhile is not in it. */
  remember(key: string, read: () => KeptSnapshot): void {
    if (this.find(key) === undefined) {
      this.copies.set(key, { ...read(), trusted_until_ms: -Infinity, lives_until_ms: -Infinity });
    }
  }

  /** Call before Redis is asked, and `endReading` in any case. */
  beginReading(key: string): Reading {
    const reading = { key, isSpoilt: false };
    const sameKey = this.readings.get(key);
    if (sameKey === undefined) {
      this.readings.set(key, new Set([reading]));
    } else {
      sameKey.add(reading);
    }
    return reading;
  }

  endReading(reading: Reading): void {
    const sameKey = this.readings.get(reading.key);
    sameKey?.delete(reading);
    if (sameKey?.size === 0) {
      this.readings.delete(reading.key);
    }
  }

  /** Keeps what was read, unless something was told about it since the reading began. */
  keep(reading: Reading, read: KeptSnapshot): void {
    if (!reading.isSpoilt) {
      this.copies.set(reading.key, read);
    }
  }

  /** Says that what is older than `version` is out of date. */
  forget(key: string, version: number): void {
    this.newest.set(key, Math.max(version, this.newest.get(key) ?? 0));
    this.copies.delete(key);
    this.spoil(key);
  }

  isOutdated(key: string, snapshot: Snapshot): boolean {
    return snapshot.version < (this.newest.get(key) ?? 0);
  }

  /** Trusts nothing any more. What was last known stays. */
  distrustAll(): void {
    for (const copy of this.copies.values()) {
      copy.trusted_until_ms = -Infinity;
      copy.lives_until_ms = -Infinity;
    }
    for (const key of this.readings.keys()) {
      this.spoil(key);
    }
  }

  /** Notes a total that grew. One that is older than what is known changes nothing. */
  addUsage({ key, field, version, used }: UsageTotal): void {
    const copy = this.copies.peek(key);
    if (copy !== undefined) {
      noteUsage(copy, { field, version, used });
    }
    this.spoil(key);
  }

  private spoil(key: string): void {
    this.readings.get(key)?.forEach((reading) => {
      reading.isSpoilt = true;
    });
  }
}

/** A total replaces one of a lower version, never the other way round. */
export function noteUsage(kept: KeptSnapshot, { field, version, used }: Omit<UsageTotal, 'key'>): void {
  for (const { field: own, feature } of kept.usage) {
    if (own === field && version > feature.usage_version) {
      feature.used = used;
      feature.usage_version = version;
    }
  }
}
