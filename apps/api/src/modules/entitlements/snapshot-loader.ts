import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { isDatabaseAway, ServiceUnavailable } from '../../platform/errors.ts';
import { Log } from '../../platform/log.ts';
import { EntitlementsRepository } from './entitlements.repository.ts';
import { cacheKeyOf, type Snapshot } from './snapshot.ts';
import { SnapshotCache } from './snapshot-cache.ts';

const customersPerStatement = 200;
const statementsAtOnce = 2;
const waitMs = 3_000;
/** A statement takes milliseconds: one that takes this long will hardly be answered. */
const overdueMs = 1_000;
/** How long those that will soon be too old are collected before they are read. */
const collectMs = 200;
/** Few at a time: what checks wait for comes in between. */
const renewedTogether = 40;

interface Wanted {
  environmentId: string;
  reference: string;
  resolve(snapshot: Snapshot): void;
  reject(error: unknown): void;
}

/**
 * Reads snapshots from Postgres into Redis. Whoever asks while statements are under way shares the next one; nobody
 * joins one that has begun, which may not see what was committed just now.
 */
@Injectable()
export class SnapshotLoader implements OnApplicationShutdown {
  private waiting: Wanted[] = [];
  /** When each statement that is under way began. */
  private readonly statements = new Set<{ began: number }>();
  private hasFailed = false;
  private readonly ageing = new Map<string, { environmentId: string; reference: string }>();
  private collecting: NodeJS.Timeout | undefined;

  constructor(
    private readonly entitlements: EntitlementsRepository,
    private readonly cache: SnapshotCache,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** What a customer may do as of now, kept in Redis for the next check. */
  load(environmentId: string, reference: string): Promise<Snapshot> {
    return new Promise((resolve, reject) => {
      const wanted = { environmentId, reference, resolve, reject };
      this.waiting.push(wanted);
      this.readNext();
      if (this.waiting.includes(wanted)) {
        setTimeout(() => this.giveUp(wanted), waitMs).unref();
      }
    });
  }

  /** Whether Postgres did not answer the last statement, or has not answered one for long. */
  get isPostgresAway(): boolean {
    const overdue = performance.now() - overdueMs;
    return this.hasFailed || [...this.statements].some(({ began }) => began < overdue);
  }

  /** Reads a snapshot that is still asked for anew, soon, so that no check has to wait for it. */
  renew(environmentId: string, reference: string): void {
    this.ageing.set(`${environmentId} ${reference}`, { environmentId, reference });
    this.collecting ??= setTimeout(() => void this.renewCollected(), collectMs).unref();
  }

  onApplicationShutdown(): void {
    clearTimeout(this.collecting);
    this.ageing.clear();
  }

  private async renewCollected(): Promise<void> {
    const collected = [...this.ageing.values()];
    this.ageing.clear();
    for (let i = 0; i < collected.length; i += renewedTogether) {
      const together = collected.slice(i, i + renewedTogether);
      const renewed = await Promise.allSettled(together.map((wanted) => this.renewOne(wanted)));
      const failed = renewed.find((result) => result.status === 'rejected');
      if (failed !== undefined) {
        // The old ones are trusted until they are too old; checks read for themselves then.
        this.log.warn('entitlements.not_renewed', {
          error: failed.reason instanceof Error ? failed.reason : undefined,
        });
        break;
      }
    }
    this.collecting =
      this.ageing.size === 0 ? undefined : setTimeout(() => void this.renewCollected(), collectMs).unref();
  }

  /** From Redis, where another process may have renewed it, else from Postgres by way of Redis. */
  private async renewOne({ environmentId, reference }: { environmentId: string; reference: string }) {
    const stored = await this.cache.read(environmentId, reference);
    if (stored === undefined || stored.renew_at_ms <= performance.now()) {
      if (stored !== undefined) {
        // It is under way: checks meanwhile need not ask for it again.
        stored.renew_at_ms = Infinity;
      }
      await this.load(environmentId, reference);
      await this.cache.read(environmentId, reference);
    }
  }

  /** When Postgres answers nobody, who waits for a turn is not kept longer than who waits for a connection. */
  private giveUp(wanted: Wanted): void {
    if (this.waiting.includes(wanted)) {
      this.waiting = this.waiting.filter((other) => other !== wanted);
      wanted.reject(new ServiceUnavailable(new Error('No snapshot could be read in time.')));
    }
  }

  private readNext(): void {
    if (this.statements.size >= statementsAtOnce || this.waiting.length === 0) {
      return;
    }
    const together = this.waiting.splice(0, customersPerStatement);
    const statement = { began: performance.now() };
    this.statements.add(statement);
    void this.read(together).finally(() => {
      this.statements.delete(statement);
      this.readNext();
    });
  }

  /** Settles all of them; never rejects. */
  private async read(together: Wanted[]): Promise<void> {
    try {
      const began = performance.now();
      const snapshots = await this.entitlements.snapshots(together, this.clock.now());
      const ageMs = performance.now() - began;
      this.noteAnswered(true);
      await Promise.all(
        together.map(async ({ environmentId, reference, resolve }, index) => {
          const snapshot = snapshots[index];
          if (snapshot === undefined) {
            throw new Error('A snapshot was not read.');
          }
          const { customer_id: id, external_id: externalId } = snapshot;
          // A customer that does not exist may come into being at any moment; one asked for by another name is not
          // filed under that one, where no usage would reach it.
          if (id !== null && cacheKeyOf({ id, external_id: externalId }) === reference) {
            await this.cache.write(environmentId, reference, snapshot, ageMs);
          }
          resolve(snapshot);
        }),
      );
    } catch (error) {
      if (isDatabaseAway(error)) {
        this.noteAnswered(false);
      }
      together.forEach(({ reject }) => reject(error));
    }
  }

  private noteAnswered(isAnswered: boolean): void {
    if (isAnswered === this.hasFailed) {
      this.hasFailed = !isAnswered;
      this.log.warn(isAnswered ? 'entitlements.postgres_back' : 'entitlements.postgres_away');
    }
  }
}
