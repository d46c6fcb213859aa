import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Result } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { Log } from '../../platform/log.ts';
import { Redis } from '../../platform/redis.ts';
import { Ingest } from '../usage/ingest.ts';
import type { RecordedTotal } from '../usage/usage-event.ts';
import { endOfFirstPeriod, type Snapshot, type SnapshotFeature } from './snapshot.ts';

/**
 * The longest a snapshot is trusted, counted from when it was read: whatever message is lost, no check answers from an
 * older one.
 */
const maxAgeMs = 10_000;

export interface CachedSnapshot extends Snapshot {
  /** Since it was read from Postgres. */
  age_ms: number;
  /** When the first of its billing periods ends. */
  ends_at_ms: number;
}

/** What a stored text means. Most reads of a customer find the same text as the one before. */
interface Parsed {
  text: string;
  snapshot: Snapshot;
  ends_at_ms: number;
  byUsageField: Map<string, SnapshotFeature[]>;
}
const parsedMax = 20_000;

/** Reads of the same turn of the event loop and environment, which one command answers. */
interface Gathered {
  keys: string[];
  waiting: { resolve(fields: string): void; reject(error: unknown): void }[];
}

/**
 * Reads many hashes in one command. Each comes as one text, names and values in turn, a line each (no value holds a
 * line break): what the client spends is spent for each string of an answer.
 */
const readScript = `
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = table.concat(redis.call('HGETALL', key), '\\n')
end
return found`;

/**
 * Writes a snapshot unless a newer one is there. A reader that began before a change and writes after it must not bring
 * the old state back: what is stored is never replaced by a lower version, and usage never by a lower usage version.
 */
const writeScript = `
local stored = tonumber(redis.call('HGET', KEYS[1], 'version') or '-1')
if stored > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'snapshot', ARGV[2], 'read_at', ARGV[4])
for i = 5, #ARGV, 3 do
  local version = tonumber(redis.call('HGET', KEYS[1], ARGV[i] .. ':version') or '-1')
  if tonumber(ARGV[i + 1]) >= version then
    redis.call('HSET', KEYS[1], ARGV[i] .. ':version', ARGV[i + 1], ARGV[i], ARGV[i + 2])
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`;

/** Says that a version is out of date: what is stored goes, and nothing below the new version comes back. */
const invalidateScript = `
local stored = tonumber(redis.call('HGET', KEYS[1], 'version') or '-1')
if stored < tonumber(ARGV[1]) then
  redis.call('HDEL', KEYS[1], 'snapshot')
  redis.call('HSET', KEYS[1], 'version', ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1`;

/**
 * Notes totals, also where no snapshot is stored: one that is being read now, from before, must not bring the old total
 * with it. The hashes keep their age.
 */
const usageScript = `
for i, key in ipairs(KEYS) do
  local field, version, used = ARGV[i * 3 - 1], ARGV[i * 3], ARGV[i * 3 + 1]
  local stored = tonumber(redis.call('HGET', key, field .. ':version') or '-1')
  if tonumber(version) > stored then
    redis.call('HSET', key, field .. ':version', version, field, used)
    if stored < 0 and redis.call('PTTL', key) < 0 then redis.call('PEXPIRE', key, ARGV[1]) end
  end
end
return 1`;

declare module 'ioredis' {
  // The commands that `defineCommand` adds below.
  interface RedisCommander<Context> {
    writeSnapshot(key: string, ...args: (string | number)[]): Result<number, Context>;
    invalidateSnapshot(key: string, ...args: (string | number)[]): Result<number, Context>;
    addUsage(count: number, ...keysAndTotals: (string | number)[]): Result<number, Context>;
    readSnapshots(count: number, ...keys: string[]): Result<string[], Context>;
  }
}

/**
 * What Redis holds for checks: one hash per customer with the snapshot and, beside it, the use of each meter and
 * period, read in one round trip. Every failure is a miss.
 */
@Injectable()
export class SnapshotCache implements OnModuleInit {
  private readonly parsed = new LRUCache<string, Parsed>({ max: parsedMax });
  private gathered = new Map<string, Gathered>();

  constructor(
    private readonly redis: Redis,
    private readonly ingest: Ingest,
    private readonly log: Log,
  ) {
    redis.client.defineCommand('writeSnapshot', { numberOfKeys: 1, lua: writeScript });
    redis.client.defineCommand('invalidateSnapshot', { numberOfKeys: 1, lua: invalidateScript });
    redis.client.defineCommand('readSnapshots', { lua: readScript, readOnly: true });
    redis.client.defineCommand('addUsage', { lua: usageScript });
  }

  onModuleInit(): void {
    this.ingest.onRecorded((recorded) => this.addUsage(recorded));
  }

  /** Undefined: not there, or Redis is away. */
  async read(environmentId: string, cacheKey: string): Promise<CachedSnapshot | undefined> {
    const key = keyOf(environmentId, cacheKey);
    try {
      const fields = (await this.readTogether(environmentId, key)).split('\n');
      const at = fields.indexOf('snapshot');
      const text = at < 0 ? undefined : fields[at + 1];
      if (text === undefined) {
        return undefined;
      }
      const parsed = this.parse(key, text);
      for (let i = 0; i + 1 < fields.length; i += 2) {
        for (const feature of parsed.byUsageField.get(fields[i] ?? '') ?? []) {
          // Shared with a check of the same customer that is still under way: what it sees then is newer.
          feature.used = Number(fields[i + 1]);
        }
      }
      const readAt = Number(fields[fields.indexOf('read_at') + 1]);
      return { ...parsed.snapshot, age_ms: Date.now() - readAt, ends_at_ms: parsed.ends_at_ms };
    } catch {
      return undefined;
    }
  }

  /** The fields of a hash, a line each; asked for with all that is asked for in this turn of the event loop. */
  private readTogether(environmentId: string, key: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.gathered.size === 0) {
        setImmediate(() => this.readGathered());
      }
      // A cluster runs a script on keys of one slot, which those of an environment share.
      const gathered = this.gathered.get(environmentId) ?? { keys: [], waiting: [] };
      gathered.keys.push(key);
      gathered.waiting.push({ resolve, reject });
      this.gathered.set(environmentId, gathered);
    });
  }

  private readGathered(): void {
    const all = this.gathered;
    this.gathered = new Map();
    for (const { keys, waiting } of all.values()) {
      this.redis.client.readSnapshots(keys.length, ...keys).then(
        (found) => waiting.forEach(({ resolve }, index) => resolve(found[index] ?? '')),
        (error: unknown) => waiting.forEach(({ reject }) => reject(error)),
      );
    }
  }

  private parse(key: string, text: string): Parsed {
    const known = this.parsed.get(key);
    if (known?.text === text) {
      return known;
    }
    // Written by ourselves, and read a thousand times a second: parsed, not validated again.
    const snapshot: Snapshot = JSON.parse(text);
    const byUsageField = new Map<string, SnapshotFeature[]>();
    for (const feature of Object.values(snapshot.features)) {
      const field = usageField(feature.meter_id, feature.period_start);
      if (field !== undefined) {
        byUsageField.set(field, [...(byUsageField.get(field) ?? []), feature]);
      }
    }
    const parsed = { text, snapshot, byUsageField, ends_at_ms: endOfFirstPeriod(snapshot) };
    this.parsed.set(key, parsed);
    return parsed;
  }

  /** Keeps what was read at `readAt`, unless something newer is kept already. */
  async write(environmentId: string, cacheKey: string, snapshot: Snapshot, ageMs: number): Promise<void> {
    const remainingMs = Math.floor(maxAgeMs - ageMs);
    if (remainingMs <= 0) {
      return;
    }
    const usage = Object.values(snapshot.features).flatMap((feature) => {
      const field = usageField(feature.meter_id, feature.period_start);
      return field === undefined ? [] : [field, feature.usage_version, feature.used];
    });
    await this.quietly(() =>
      this.redis.client.writeSnapshot(
        keyOf(environmentId, cacheKey),
        snapshot.version,
        JSON.stringify(snapshot),
        remainingMs,
        Math.floor(Date.now() - ageMs),
        ...usage,
      ),
    );
  }

  /** Forgets what is older than `version`, and refuses it from readers that are still on their way. */
  async invalidate(environmentId: string, cacheKey: string, version: number): Promise<void> {
    await this.quietly(() =>
      this.redis.client.invalidateSnapshot(keyOf(environmentId, cacheKey), version, maxAgeMs),
    );
  }

  /** Like `invalidate`, for a job: throws when Redis did not do it. */
  async invalidateForSure(environmentId: string, cacheKey: string, version: number): Promise<void> {
    await this.redis.client.invalidateSnapshot(keyOf(environmentId, cacheKey), version, maxAgeMs);
  }

  /** Notes the totals that events brought about. */
  async addUsage(recorded: readonly RecordedTotal[]): Promise<void> {
    // Of several events of one total the last counts: its version is the highest. A cluster runs a script on keys of one
    // slot, which those of an environment share.
    const environments = new Map<string, Map<string, { key: string; total: (string | number)[] }>>();
    for (const event of recorded) {
      const { environment_id: environmentId, cache_key: cacheKey, used, usage_version: version } = event;
      const field = usageField(event.meter_id, event.period_start?.toISOString() ?? null);
      if (cacheKey !== null && used !== null && version !== null && field !== undefined) {
        const key = keyOf(environmentId, cacheKey);
        const totals = environments.get(environmentId) ?? new Map();
        totals.set(`${key} ${field}`, { key, total: [field, version, used] });
        environments.set(environmentId, totals);
      }
    }
    await Promise.all(
      [...environments.values()].map((totals) => {
        const all = [...totals.values()];
        const keys = all.map(({ key }) => key);
        return this.quietly(() =>
          this.redis.client.addUsage(keys.length, ...keys, maxAgeMs, ...all.flatMap(({ total }) => total)),
        );
      }),
    );
  }

  /** The cache may be away; what it holds is a copy, and its age is bounded. */
  private async quietly(work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => {
      this.log.warn('snapshot_cache.not_written', { error: error instanceof Error ? error : undefined });
    });
  }
}

/** All keys of an environment share a hash slot, so that a cluster can run the scripts. */
function keyOf(environmentId: string, cacheKey: string): string {
  return `ent:{${environmentId}}:${cacheKey}`;
}

function usageField(meterId: string | null, periodStart: string | null): string | undefined {
  return meterId === null || periodStart === null ? undefined : `${meterId}@${Date.parse(periodStart)}`;
}
