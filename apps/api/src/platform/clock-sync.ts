import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { sql } from 'kysely';
import { Clock } from './clock.ts';
import { Database } from './database/database.ts';
import { Log } from './log.ts';

const everyMs = 60_000;
const attempts = 3;
/** Nearer than this a machine is right: it keeps its own time, which never jumps. */
const tolerableMs = 1_000;
/** Further off than this somebody should look at the machine. */
const worthTellingMs = 5_000;

/**
 * Lets all processes go by the clock of Postgres, so that no two of them disagree on which period an event is of, what is
 * late, and what is due.
 */
@Injectable()
export class ClockSync implements OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  /** Compares now, and again every minute. While Postgres is away the last comparison holds. */
  async start(): Promise<void> {
    try {
      await this.compare();
    } catch (error) {
      this.log.warn('clock.not_compared', { error: error instanceof Error ? error : undefined });
    }
    this.timer = setTimeout(() => void this.start(), everyMs).unref();
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  async compare(): Promise<void> {
    let best = { trip_ms: Infinity, ahead_ms: 0 };
    for (let attempt = 0; attempt < attempts; attempt++) {
      const asked = this.clock.machine().getTime();
      const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(
        this.database.functions,
      );
      const answered = this.clock.machine().getTime();
      const [row] = rows;
      if (row !== undefined && answered - asked < best.trip_ms) {
        best = { trip_ms: answered - asked, ahead_ms: (asked + answered) / 2 - row.now.getTime() };
      }
    }
    const isRight = Math.abs(best.ahead_ms) <= Math.max(tolerableMs, best.trip_ms);
    const aheadMs = isRight ? 0 : Math.round(best.ahead_ms);
    if (Math.abs(aheadMs - this.clock.ahead_ms) > worthTellingMs) {
      this.log.warn('clock.off', { ahead_ms: aheadMs });
    }
    this.clock.ahead_ms = aheadMs;
  }
}
