import { Injectable, type OnModuleInit } from '@nestjs/common';
import { sql } from 'kysely';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { propertyValuesMax } from './rollup-limits.ts';
import { eventsKeptDays } from './usage.service.ts';

const everyMs = 10_000;
/** About so many at once: a statement must end within seconds. */
const eventsPerStatement = 25_000;
const hour = 60 * 60 * 1_000;
const purgedRowsMax = 50_000;

/** Adds usage up by hour and day, for looking at it. */
@Injectable()
export class RollUpUsage implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({ name: 'usage.roll_up', every_ms: everyMs, run: () => this.rollUp() });
    this.sweeper.register({ name: 'usage.purge_rollups', every_ms: hour, run: () => this.purge() });
  }

  /** Adds everything up that was recorded since. */
  async rollUp(): Promise<void> {
    for (let more = true; more;) {
      const { rows } = await sql<{ more: boolean }>`
        select app.roll_up_usage(${eventsPerStatement}, ${propertyValuesMax}, ${this.clock.now()}) as more
      `.execute(this.database.functions);
      more = rows[0]?.more === true;
    }
  }

  private async purge(): Promise<void> {
    const now = this.clock.now();
    const before = new Date(now.getTime() - eventsKeptDays * 24 * hour);
    await sql`select app.purge_usage_rollups(${before}, ${now}, ${purgedRowsMax})`.execute(
      this.database.functions,
    );
  }
}
