import { Injectable } from '@nestjs/common';
import { Env } from '../../env.ts';
import { Clock } from '../../platform/clock.ts';
import { GroupCommit } from '../../platform/group-commit.ts';
import { Metrics } from '../../platform/metrics.ts';
import { IngestOverloaded } from './usage.errors.ts';
import type { NewEvent, RecordedEvent, RecordedTotal } from './usage-event.ts';
import { UsageRepository } from './usage.repository.ts';

/** Enough for one round trip to be shared by many, and few enough to commit in milliseconds. */
const eventsPerCommit = 1_000;
/**
 * Postgres records one commit while the events of the next come in, so that neither waits for the other. A commit costs
 * as much as eighteen events, whatever is in it: fewer than this wait for the one that is under way.
 */
const commitsAtOnce = 2;
const waitingForSecond = 24;
const waitingMax = 50_000;
const waitingBytesMax = 64 * 1024 * 1024;
/** What an event takes beside its properties, roughly. */
const eventBytes = 1_024;

type Listener = (totals: readonly RecordedTotal[]) => Promise<void>;

/**
 * Commits the events of concurrent requests together: whatever arrives while a commit is under way goes with the next
 * one. A request is answered after its commit, so what was accepted is on disk.
 */
@Injectable()
export class Ingest {
  private readonly commits: GroupCommit<NewEvent, RecordedEvent>;
  private readonly listeners: Listener[] = [];

  constructor(
    private readonly env: Env,
    private readonly usage: UsageRepository,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {
    this.commits = new GroupCommit({
      write: (events) => this.write(events),
      overloaded: () => new IngestOverloaded(),
      itemsPerCommit: eventsPerCommit,
      commitsAtOnce,
      itemsForAnother: waitingForSecond,
      waitingMax,
      bytes: { of: bytesOf, max: waitingBytesMax },
    });
  }

  /** Tells the totals that events brought about, after their commit and before their request is answered. It must not fail. */
  onRecorded(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** Records events and says what became of each, in their order. Throws `IngestOverloaded` rather than fill memory. */
  record(events: NewEvent[]): Promise<RecordedEvent[]> {
    return this.commits.add(events);
  }

  /** Tells the listeners of totals that came about elsewhere, after their commit. */
  async tell(totals: readonly RecordedTotal[]): Promise<void> {
    await Promise.all(this.listeners.map((listener) => listener(totals)));
  }

  private async write(events: NewEvent[]): Promise<RecordedEvent[]> {
    const { answers, totals } = await this.usage.record(
      events,
      this.env.get('USAGE_FORWARD_SECONDS'),
      this.clock.now(),
    );
    const outcomes = new Map<string, number>();
    for (const { outcome } of answers) {
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    for (const [outcome, count] of outcomes) {
      this.metrics.usageEvents.inc({ outcome }, count);
    }
    await this.tell(totals);
    return answers;
  }
}

function bytesOf(events: readonly NewEvent[]): number {
  return events.reduce((bytes, { properties }) => bytes + eventBytes + (properties?.length ?? 0), 0);
}
