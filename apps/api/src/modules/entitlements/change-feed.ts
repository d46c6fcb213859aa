import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Broadcast } from '../../platform/broadcast.ts';
import { Clock } from '../../platform/clock.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { Log } from '../../platform/log.ts';
import { ChangesSeen } from './changes-seen.ts';
import { ChangesRepository } from './changes.repository.ts';

const readEveryMs = 1_000;
const purgeEveryMs = 60_000;
/** Longer than any process reads without a gap, and goes on where it was. */
const keptMs = 15 * 60_000;

/** Reads each second what changed, and so says which copies may be believed although they were read long ago. */
@Injectable()
export class ChangeFeed implements OnModuleInit, OnApplicationShutdown {
  private readonly seen = new ChangesSeen();
  private next: NodeJS.Timeout | undefined;
  private isStopped = false;
  private isAway = false;

  constructor(
    private readonly changes: ChangesRepository,
    private readonly broadcast: Broadcast,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.broadcast.onLost(() => this.seen.lose());
    this.sweeper.register({
      name: 'entitlements.purge_changes',
      every_ms: purgeEveryMs,
      run: () => this.purge(),
    });
    this.plan();
  }

  onApplicationShutdown(): void {
    this.isStopped = true;
    clearTimeout(this.next);
  }

  /** Whether nothing has changed that a copy, read as of this transaction, lacks; but for the last seconds. */
  vouches(environmentId: string, key: string, asOf: number): boolean {
    return this.seen.vouches(environmentId, key, asOf, performance.now());
  }

  /** Whether a customer is known to have changed since a copy was read. */
  hasChanged(key: string, asOf: number): boolean {
    return this.seen.hasChanged(key, asOf);
  }

  /** Notes that this process was told the totals of a commit, and that Redis has them. */
  tell(environmentId: string, changedIn: number): void {
    this.seen.tell(environmentId, changedIn);
  }

  private plan(): void {
    if (!this.isStopped) {
      this.next = setTimeout(() => void this.read().finally(() => this.plan()), readEveryMs).unref();
    }
  }

  private async read(): Promise<void> {
    if (!this.broadcast.isConnected) {
      // Nobody would say which totals were told.
      this.seen.lose();
      return;
    }
    const reading = this.seen.begin(performance.now());
    try {
      this.seen.take(reading, await this.changes.since(reading.since));
      this.isAway = false;
    } catch (error) {
      if (!this.isAway && !this.isStopped) {
        this.log.warn('entitlements.changes_not_read', { error: error instanceof Error ? error : undefined });
      }
      this.isAway = true;
    }
  }

  private async purge(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - keptMs);
    while ((await this.changes.purge(before)) > 0) {
      // The next of them.
    }
  }
}
