import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { Broadcast } from '../../platform/broadcast.ts';
import { Ingest } from '../usage/ingest.ts';
import type { RecordedTotal } from '../usage/usage-event.ts';

/** Totals of the same customer and meter within this time are told once, by the last of them. */
const gatherMs = 250;
/** An environment that somebody follows says so, in every process, well within the time it is believed. */
export const followedEveryMs = 5_000;
const followedMs = 3 * followedEveryMs;
const environmentsMax = 10_000;
/** One message of the broadcast. */
const totalsPerMessage = 1_000;

const followedTopic = 'entitlements_followed';
const usageTopic = 'entitlements_usage';

const totals = z.array(
  z.object({
    customer: z.string(),
    meter_id: z.string(),
    period_start: z.string(),
    used: z.number(),
    usage_version: z.number(),
  }),
);
export type FollowedTotal = z.output<typeof totals>[number];

/**
 * Carries the totals of customers whom somebody follows from the process that counted to the processes that stream.
 * While nobody follows an environment, its usage costs nothing here.
 */
@Injectable()
export class FollowedUsage implements OnModuleInit, OnApplicationShutdown {
  private readonly followed = new LRUCache<string, true>({ max: environmentsMax, ttl: followedMs });
  private readonly gathered = new Map<string, Map<string, FollowedTotal>>();
  private gathering: NodeJS.Timeout | undefined;

  constructor(
    private readonly broadcast: Broadcast,
    private readonly ingest: Ingest,
  ) {}

  onModuleInit(): void {
    this.broadcast.on(followedTopic, (environmentId) => this.followed.set(environmentId, true));
    this.ingest.onRecorded((recorded) => {
      this.gather(recorded);
      return Promise.resolve();
    });
  }

  onApplicationShutdown(): void {
    clearTimeout(this.gathering);
  }

  /** Tells every process that somebody follows the environment. */
  async follow(environmentId: string): Promise<void> {
    await this.broadcast.tell(followedTopic, environmentId);
  }

  /** One listener: whoever streams. */
  onTotals(listener: (environmentId: string, changed: FollowedTotal[]) => void): void {
    this.broadcast.on(usageTopic, (message) => {
      const end = message.indexOf(' ');
      // Of another release, perhaps: what is not understood is left out, and read within a minute anyway.
      const parsed = totals.safeParse(JSON.parse(message.slice(end + 1)));
      if (parsed.success) {
        listener(message.slice(0, end), parsed.data);
      }
    });
  }

  private gather(recorded: readonly RecordedTotal[]): void {
    for (const total of recorded) {
      const { environment_id: environmentId, cache_key: customer, meter_id: meterId, used } = total;
      const { period_start: start, usage_version: version } = total;
      if (customer === null || meterId === null || start === null || used === null || version === null) {
        continue;
      }
      if (!this.followed.has(environmentId)) {
        continue;
      }
      const gathered = this.gathered.get(environmentId) ?? new Map<string, FollowedTotal>();
      this.gathered.set(environmentId, gathered);
      const name = `${meterId} ${start.getTime()} ${customer}`;
      if ((gathered.get(name)?.usage_version ?? -1) < version) {
        gathered.set(name, {
          customer,
          meter_id: meterId,
          period_start: start.toISOString(),
          used: Number(used),
          usage_version: version,
        });
      }
      this.gathering ??= setTimeout(() => void this.tellGathered(), gatherMs).unref();
    }
  }

  private async tellGathered(): Promise<void> {
    this.gathering = undefined;
    const gathered = [...this.gathered];
    this.gathered.clear();
    for (const [environmentId, byName] of gathered) {
      const changed = [...byName.values()];
      for (let from = 0; from < changed.length; from += totalsPerMessage) {
        const message = JSON.stringify(changed.slice(from, from + totalsPerMessage));
        await this.broadcast.tell(usageTopic, `${environmentId} ${message}`);
      }
    }
  }
}
