import type { Result } from 'ioredis';
import type { Redis } from '../../platform/redis.ts';
import type { KeptSnapshot, UsageTotal } from './hot-snapshots.ts';
import { isLasting, type Snapshot } from './snapshot.ts';
import { keptFromStored, maxAgeMs, usageField } from './stored-snapshot.ts';

/** How long one may be vouched for, so that not all of an environment's are read anew in the same minute. */
const lifeMs = { min: 45 * 60_000, max: 60 * 60_000 };

/** Reads of the same turn of the event loop and environment, which one command answers. */
interface Gathered {
  keys: string[];
  waiting: { resolve(stored: string): void; reject(error: unknown): void }[];
}

/**
 * Reads many hashes in one command. Each comes as one text, a line each: how many milliseconds it may still live,
 * then names and values in turn (no value holds a line break). What the client spends is spent for each string of an answer.
 */
const readScript = `
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = redis.call('PTTL', key) .. '\\n' .. table.concat(redis.call('HGETALL', key), '\\n')
end
return found`;

/**
 * Writes a snapshot unless a newer one is there. A reader that began before a change and writes after it must not bring
 * the old state back: what is stored is never replaced by a lower version, and usage never by a lower usage version.
 */
const writeScript = `
local stored = tonumber(redis.call('HGET', KEYS[1], 'version') or '-1')
if stored > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'snapshot', ARGV[2], 'life', ARGV[4])
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
 * with it. The hashes keep their age. Tells of them in the same step: who hears of totals knows that they are in Redis.
 */
const usageScript = `
for i, key in ipairs(KEYS) do
  local field, version, used = ARGV[i * 3 + 1], ARGV[i * 3 + 2], ARGV[i * 3 + 3]
  local stored = tonumber(redis.call('HGET', key, field .. ':version') or '-1')
  if tonumber(version) > stored then
    redis.call('HSET', key, field .. ':version', version, field, used)
    if stored < 0 and redis.call('PTTL', key) < 0 then redis.call('PEXPIRE', key, ARGV[1]) end
  end
end
redis.call('PUBLISH', ARGV[2], ARGV[3])
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
 * What Redis holds for checks: one hash per customer with the snapshot and, beside it, the use of each meter and period,
 * read in one round trip. Every method throws when Redis is away.
 */
export class RedisSnapshots {
  private gathered = new Map<string, Gathered>();

  constructor(private readonly redis: Redis) {
    redis.client.defineCommand('writeSnapshot', { numberOfKeys: 1, lua: writeScript });
    redis.client.defineCommand('invalidateSnapshot', { numberOfKeys: 1, lua: invalidateScript });
    redis.client.defineCommand('readSnapshots', { lua: readScript, readOnly: true });
    redis.client.defineCommand('addUsage', { lua: usageScript });
  }

  /** Asked for with all that is asked for in this turn of the event loop. Undefined: nothing is stored. */
  async read(environmentId: string, key: string): Promise<KeptSnapshot | undefined> {
    return keptFromStored(await this.readTogether(environmentId, key));
  }

  /** Keeps what was read so long ago, unless something newer is stored. */
  async write(key: string, snapshot: Snapshot, ageMs: number): Promise<void> {
    const life = isLasting(snapshot)
      ? Math.floor(lifeMs.min + Math.random() * (lifeMs.max - lifeMs.min))
      : maxAgeMs;
    const usage = Object.values(snapshot.features).flatMap((feature) => {
      const field = usageField(feature.meter_id, feature.period_start);
      return field === undefined ? [] : [field, feature.usage_version, feature.used];
    });
    await this.redis.client.writeSnapshot(
      key,
      snapshot.version,
      JSON.stringify(snapshot),
      Math.ceil(life - ageMs),
      life,
      ...usage,
    );
  }

  /** Forgets what is older than `version`, and refuses it from readers that are still on their way. */
  async invalidate(key: string, version: number): Promise<void> {
    await this.redis.client.invalidateSnapshot(key, version, maxAgeMs);
  }

  /** Notes totals of one environment, and publishes in the same step that they are noted. */
  async addUsage(totals: readonly UsageTotal[], told: { channel: string; text: string }): Promise<void> {
    await this.redis.client.addUsage(
      totals.length,
      ...totals.map(({ key }) => key),
      maxAgeMs,
      told.channel,
      told.text,
      ...totals.flatMap(({ field, version, used }) => [field, version, used]),
    );
  }

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
}
