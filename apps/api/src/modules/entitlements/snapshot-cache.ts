import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Result } from 'ioredis';
import { Broadcast } from '../../platform/broadcast.ts';
import { Log } from '../../platform/log.ts';
import { Redis } from '../../platform/redis.ts';
import { Ingest } from '../usage/ingest.ts';
import type { RecordedTotal } from '../usage/usage-event.ts';
import { ChangeFeed } from './change-feed.ts';
import { snapshotKey } from './changes-seen.ts';
import { HotSnapshots, type KeptSnapshot, type UsageTotal } from './hot-snapshots.ts';
import { isLasting, type Snapshot } from './snapshot.ts';
import { keptFrom, keptFromStored, maxAgeMs, usageField } from './stored-snapshot.ts';

/** How long one may be vouched for, so that not all of an environment's are read anew in the same minute. */
const lifeMs = { min: 45 * 60_000, max: 60 * 60_000 };

const changedTopic = 'snapshot_changed';
const usageTopic = 'totals_recorded';

/** The totals of one environment that a commit brought about. */
interface RecordedTotals {
  environment_id: string;
  recorded_in: number | null;
  totals: UsageTotal[];
}

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
 * What is kept for checks. In Redis, one hash per customer with the snapshot and, beside it, the use of each meter and
 * period, read in one round trip; and copies of those in this process, while it hears what others change. Every failure
 * is a miss.
 */
@Injectable()
export class SnapshotCache implements OnModuleInit {
  /** Heads what this process tells: its own totals it has noted already. */
  private readonly self = randomUUID();
  private readonly hot = new HotSnapshots();
  private gathered = new Map<string, Gathered>();

  constructor(
    private readonly redis: Redis,
    private readonly broadcast: Broadcast,
    private readonly ingest: Ingest,
    private readonly feed: ChangeFeed,
    private readonly log: Log,
  ) {
    redis.client.defineCommand('writeSnapshot', { numberOfKeys: 1, lua: writeScript });
    redis.client.defineCommand('invalidateSnapshot', { numberOfKeys: 1, lua: invalidateScript });
    redis.client.defineCommand('readSnapshots', { lua: readScript, readOnly: true });
    redis.client.defineCommand('addUsage', { lua: usageScript });
  }

  onModuleInit(): void {
    this.ingest.onRecorded((recorded) => this.addUsage(recorded));
    this.broadcast.on(changedTopic, (message) => {
      const end = message.indexOf(' ');
      this.hot.forget(message.slice(end + 1), Number(message.slice(0, end)));
    });
    this.broadcast.on(usageTopic, (message) => {
      if (!message.startsWith(this.self)) {
        // Written by ourselves, a few lines below.
        const recorded: RecordedTotals = JSON.parse(message.slice(this.self.length));
        recorded.totals.forEach((total) => this.hot.addUsage(total));
        this.noteTold(recorded);
      }
    });
    this.broadcast.onLost(() => this.hot.distrustAll());
  }

  /** The copy in this process. Undefined: there is none that may be trusted. */
  find(environmentId: string, cacheKey: string): KeptSnapshot | undefined {
    const key = snapshotKey(environmentId, cacheKey);
    const copy = this.hot.get(key);
    return copy !== undefined && this.isTrusted(environmentId, key, copy) ? copy : undefined;
  }

  /** Whether nothing has changed that a copy lacks, but for the last seconds: it need not be read anew. */
  vouches(environmentId: string, cacheKey: string, kept: KeptSnapshot): boolean {
    return this.isVouchedFor(environmentId, snapshotKey(environmentId, cacheKey), kept);
  }

  /** What this process read last of a customer, for when nobody can be asked. */
  lastKnown(environmentId: string, cacheKey: string): KeptSnapshot | undefined {
    const key = snapshotKey(environmentId, cacheKey);
    const copy = this.hot.lastKnown(key);
    const asOf = copy?.snapshot.as_of;
    return asOf !== undefined && this.feed.hasChanged(key, asOf) ? undefined : copy;
  }

  /** What Redis holds. Undefined: nothing, or Redis is away. */
  async read(environmentId: string, cacheKey: string): Promise<KeptSnapshot | undefined> {
    const key = snapshotKey(environmentId, cacheKey);
    const reading = this.broadcast.isConnected ? this.hot.beginReading(key) : undefined;
    try {
      const kept = keptFromStored(await this.readTogether(environmentId, key));
      if (
        kept === undefined ||
        this.hot.isOutdated(key, kept.snapshot) ||
        !this.isTrusted(environmentId, key, kept)
      ) {
        return undefined;
      }
      if (reading !== undefined) {
        this.hot.keep(reading, kept);
      }
      return kept;
    } catch {
      return undefined;
    } finally {
      if (reading !== undefined) {
        this.hot.endReading(reading);
      }
    }
  }

  /** What is stored of a hash, a line each; asked for with all that is asked for in this turn of the event loop. */
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

  /** Keeps what was read so long ago, unless something newer is kept already. */
  async write(environmentId: string, cacheKey: string, snapshot: Snapshot, ageMs: number): Promise<void> {
    const key = snapshotKey(environmentId, cacheKey);
    if (ageMs >= maxAgeMs || this.hot.isOutdated(key, snapshot)) {
      return;
    }
    this.hot.remember(key, () => keptFrom(snapshot, { ageMs, lifeMs: maxAgeMs }));
    const life = isLasting(snapshot)
      ? Math.floor(lifeMs.min + Math.random() * (lifeMs.max - lifeMs.min))
      : maxAgeMs;
    const usage = Object.values(snapshot.features).flatMap((feature) => {
      const field = usageField(feature.meter_id, feature.period_start);
      return field === undefined ? [] : [field, feature.usage_version, feature.used];
    });
    await this.quietly(() =>
      this.redis.client.writeSnapshot(
        key,
        snapshot.version,
        JSON.stringify(snapshot),
        Math.ceil(life - ageMs),
        life,
        ...usage,
      ),
    );
  }

  /** Forgets what is older than `version`, and refuses it from readers that are still on their way. */
  async invalidate(environmentId: string, cacheKey: string, version: number): Promise<void> {
    await this.quietly(() => this.invalidateForSure(environmentId, cacheKey, version));
  }

  /** Like `invalidate`, for a job: throws when Redis did not do it. */
  async invalidateForSure(environmentId: string, cacheKey: string, version: number): Promise<void> {
    const key = snapshotKey(environmentId, cacheKey);
    this.hot.forget(key, version);
    // Who hears of it and reads Redis finds it done.
    await this.redis.inOrder(
      () => this.redis.client.invalidateSnapshot(key, version, maxAgeMs),
      () => this.broadcast.tell(changedTopic, `${version} ${key}`),
    );
    // Once more, for what a check of this process read in between.
    this.hot.forget(key, version);
  }

  /** Notes the totals that events brought about, of one commit. */
  async addUsage(recorded: readonly RecordedTotal[]): Promise<void> {
    await Promise.all(totalsByEnvironment(recorded).map((totals) => this.addTotals(totals)));
  }

  private async addTotals(recorded: RecordedTotals): Promise<void> {
    const { totals } = recorded;
    totals.forEach((total) => this.hot.addUsage(total));
    const { channel, text } = this.broadcast.envelope(usageTopic, this.self + JSON.stringify(recorded));
    await this.quietly(async () => {
      await this.redis.client.addUsage(
        totals.length,
        ...totals.map(({ key }) => key),
        maxAgeMs,
        channel,
        text,
        ...totals.flatMap(({ field, version, used }) => [field, version, used]),
      );
      this.noteTold(recorded);
    });
  }

  private noteTold({ environment_id: environmentId, recorded_in: recordedIn }: RecordedTotals): void {
    if (recordedIn !== null) {
      this.feed.tell(environmentId, recordedIn);
    }
  }

  private isTrusted(environmentId: string, key: string, kept: KeptSnapshot): boolean {
    return performance.now() < kept.trusted_until_ms || this.isVouchedFor(environmentId, key, kept);
  }

  private isVouchedFor(environmentId: string, key: string, kept: KeptSnapshot): boolean {
    const now = performance.now();
    const asOf = kept.snapshot.as_of;
    if (asOf === undefined || now >= kept.lives_until_ms || !this.feed.vouches(environmentId, key, asOf)) {
      return false;
    }
    kept.known_at_ms = now;
    return true;
  }

  /** The cache may be away; what it holds is a copy, and its age is bounded. */
  private async quietly(work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => {
      this.log.warn('snapshot_cache.not_written', { error: error instanceof Error ? error : undefined });
    });
  }
}

/**
 * The last total of each meter, period and customer (of several events of one the last counts: its version is the
 * highest), apart for each environment: a cluster runs a script on keys of one slot, which those of an environment share.
 */
function totalsByEnvironment(recorded: readonly RecordedTotal[]): RecordedTotals[] {
  const environments = new Map<string, { recordedIn: number | null; totals: Map<string, UsageTotal> }>();
  for (const event of recorded) {
    const { environment_id: environmentId, cache_key: cacheKey, used, usage_version: version } = event;
    const field = usageField(event.meter_id, event.period_start?.toISOString() ?? null);
    if (cacheKey !== null && used !== null && version !== null && field !== undefined) {
      const key = snapshotKey(environmentId, cacheKey);
      const environment = environments.get(environmentId) ?? {
        recordedIn: event.recorded_in,
        totals: new Map(),
      };
      environment.totals.set(`${key} ${field}`, { key, field, version, used: Number(used) });
      environments.set(environmentId, environment);
    }
  }
  return [...environments].map(([environmentId, { recordedIn, totals }]) => ({
    environment_id: environmentId,
    recorded_in: recordedIn,
    totals: [...totals.values()],
  }));
}
