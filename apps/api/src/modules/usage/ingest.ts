import { Injectable } from '@nestjs/common';
import { Env } from '../../env.ts';
import { Clock } from '../../platform/clock.ts';
import { isDatabaseAway } from '../../platform/errors.ts';
import { Metrics } from '../../platform/metrics.ts';
import { IngestOverloaded } from './usage.errors.ts';
import type { NewEvent, RecordedEvent } from './usage-event.ts';
import { UsageRepository } from './usage.repository.ts';

/** Enough for one round trip to be shared by many, and few enough to commit in milliseconds. */
const eventsPerCommit = 1_000;
/**
 * Postgres records one commit while the events of the next come in, so that neither waits for the other. A commit costs
 * as much as a dozen events, whatever is in it: fewer than this wait for the one that is under way.
 */
const commitsAtOnce = 2;
const waitingForSecond = 16;
const waitingMax = 50_000;
const waitingBytesMax = 64 * 1024 * 1024;
/** What an event takes beside its properties, roughly. */
const eventBytes = 1_024;

interface Submission {
  events: NewEvent[];
  resolve(recorded: RecordedEvent[]): void;
  reject(error: unknown): void;
}

type Listener = (recorded: readonly RecordedEvent[]) => Promise<void>;

/**
 * Commits the events of concurrent requests together: whatever arrives while a commit is under way goes with the next
 * one. A request is answered after its commit, so what was accepted is on disk.
 */
@Injectable()
export class Ingest {
  private waiting: Submission[] = [];
  private waitingEvents = 0;
  private waitingBytes = 0;
  private commits = 0;
  private readonly listeners: Listener[] = [];

  constructor(
    private readonly env: Env,
    private readonly usage: UsageRepository,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  /** Tells about events after their commit and before their request is answered. It must not fail. */
  onRecorded(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** Records events and says what became of each, in their order. Throws `IngestOverloaded` rather than fill memory. */
  record(events: NewEvent[]): Promise<RecordedEvent[]> {
    if (events.length === 0) {
      return Promise.resolve([]);
    }
    if (this.waitingEvents + events.length > waitingMax || this.waitingBytes > waitingBytesMax) {
      return Promise.reject(new IngestOverloaded());
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ events, resolve, reject });
      this.waitingEvents += events.length;
      this.waitingBytes += bytesOf(events);
      // Whatever else this turn of the event loop brings goes with it.
      setImmediate(() => this.commitNext());
    });
  }

  /** Tells the listeners of events that were recorded elsewhere, after their commit. */
  async tell(recorded: readonly RecordedEvent[]): Promise<void> {
    await Promise.all(this.listeners.map((listener) => listener(recorded)));
  }

  private commitNext(): void {
    const isEnough = this.commits === 0 || this.waitingEvents >= waitingForSecond;
    if (this.commits >= commitsAtOnce || this.waiting.length === 0 || !isEnough) {
      return;
    }
    const together = this.take();
    this.commits += 1;
    void this.commit(together).finally(() => {
      this.commits -= 1;
      this.commitNext();
    });
  }

  private take(): Submission[] {
    const taken: Submission[] = [];
    let count = 0;
    for (const submission of this.waiting) {
      if (taken.length > 0 && count + submission.events.length > eventsPerCommit) {
        break;
      }
      taken.push(submission);
      count += submission.events.length;
    }
    this.waiting = this.waiting.slice(taken.length);
    this.waitingEvents -= count;
    for (const { events } of taken) {
      this.waitingBytes -= bytesOf(events);
    }
    return taken;
  }

  /** Settles every submission; never rejects. */
  private async commit(together: Submission[]): Promise<void> {
    try {
      const recorded = await this.write(together.flatMap(({ events }) => events));
      let offset = 0;
      for (const { events, resolve } of together) {
        resolve(recorded.slice(offset, offset + events.length));
        offset += events.length;
      }
    } catch (error) {
      if (together.length > 1 && !isDatabaseAway(error)) {
        // Somebody's event cannot be written: each request stands for itself then.
        for (const submission of together) {
          await this.commit([submission]);
        }
      } else {
        together.forEach(({ reject }) => reject(error));
      }
    }
  }

  private async write(events: NewEvent[]): Promise<RecordedEvent[]> {
    const recorded = await this.usage.record(events, this.env.get('USAGE_FORWARD_SECONDS'), this.clock.now());
    const outcomes = new Map<string, number>();
    for (const { outcome } of recorded) {
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    for (const [outcome, count] of outcomes) {
      this.metrics.usageEvents.inc({ outcome }, count);
    }
    await this.tell(recorded);
    return recorded;
  }
}

function bytesOf(events: readonly NewEvent[]): number {
  return events.reduce((bytes, { properties }) => bytes + eventBytes + (properties?.length ?? 0), 0);
}
