import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Env } from '../../env.ts';
import { Clock } from '../clock.ts';
import { Database } from '../database/database.ts';
import { Metrics } from '../metrics.ts';

/** Prometheus' view of this process, of the api and the worker alike. */
@Injectable()
export class MetricsReport {
  readonly contentType: string;

  constructor(
    private readonly env: Env,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {
    this.contentType = metrics.registry.contentType;
  }

  /** With METRICS_TOKEN set, only who knows it may look. */
  mayRead(authorization: string | undefined): boolean {
    const token = this.env.get('METRICS_TOKEN');
    return token === undefined || isSame(authorization ?? '', `Bearer ${token}`);
  }

  async render(): Promise<string> {
    const { rows } = await sql<{ waiting: number; oldest_seconds: number; failed: number }>`
      select * from app.outbox_backlog(${this.clock.now()})
    `.execute(this.database.functions);
    const backlog = rows[0];
    if (backlog !== undefined) {
      this.metrics.outboxWaiting.set(backlog.waiting);
      this.metrics.outboxOldestSeconds.set(backlog.oldest_seconds);
      this.metrics.outboxFailed.set(backlog.failed);
    }
    return this.metrics.registry.metrics();
  }
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
