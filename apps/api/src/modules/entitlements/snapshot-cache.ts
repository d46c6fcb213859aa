import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Broadcast } from '../../platform/broadcast.ts';
import { Log } from '../../platform/log.ts';
import { Redis } from '../../platform/redis.ts';
import { Ingest } from '../usage/ingest.ts';
import type { RecordedTotal } from '../usage/usage-event.ts';
import { ChangeFeed } from './change-feed.ts';
import { snapshotKey } from './changes-seen.ts';
import { HotSnapshots, type KeptSnapshot, type UsageTotal } from './hot-snapshots.ts';
import { RedisSnapshots } from './redis-snapshots.ts';
import type { Snapshot } from './snapshot.ts';
import { keptFrom, maxAgeMs, usageField } from './stored-snapshot.ts';

const changedTopic = 'snapshot_changed';
const usageTopic = 'totals_recorded';

/** The totals of one environment that a commit brought about. */
interface RecordedTotals {
  environment_id: string;
  recorded_in: number | null;
  totals: UsageTotal[];
}

/**
 * What is kept for checks: in Redis, and copies of that in this process, while it hears what others change. Every failure
 * is a miss.
 */
@Injectable()
export class SnapshotCache implements OnModuleInit {
  /** Heads what this process tells: its own totals it has noted already. */
  private readonly self = randomUUID();
  private readonly hot = new HotSnapshots();
  private readonly stored: RedisSnapshots;

  constructor(
    private readonly redis: Redis,
    private readonly broadcast: Broadcast,
    private readonly ingest: Ingest,
    private readonly feed: ChangeFeed,
    private readonly log: Log,
  ) {
    this.stored = new RedisSnapshots(redis);
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
      const kept = await this.stored.read(environmentId, key);
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

  /** Keeps what was read so long ago, unless something newer is kept already. */
  async write(environmentId: string, cacheKey: string, snapshot: Snapshot, ageMs: number): Promise<void> {
    const key = snapshotKey(environmentId, cacheKey);
    if (ageMs >= maxAgeMs || this.hot.isOutdated(key, snapshot)) {
      return;
    }
    this.hot.remember(key, () => keptFrom(snapshot, { ageMs, lifeMs: maxAgeMs }));
    await this.quietly(() => this.stored.write(key, snapshot, ageMs));
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
      () => this.stored.invalidate(key, version),
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
    const told = this.broadcast.envelope(usageTopic, this.self + JSON.stringify(recorded));
    await this.quietly(async () => {
      await this.stored.addUsage(totals, told);
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
