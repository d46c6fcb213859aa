import { timingSafeEqual } from 'node:crypto';
import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { sql } from 'kysely';
import type { FastifyReply } from 'fastify';
import { Env } from '../../env.ts';
import { CredentialInvalid } from '../auth/auth.errors.ts';
import { Unauthenticated } from '../auth/requires.ts';
import { Clock } from '../clock.ts';
import { Database } from '../database/database.ts';
import { Metrics } from '../metrics.ts';

/** Prometheus' view of this process. With METRICS_TOKEN set, only for who knows it. */
@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly env: Env,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  @Get()
  @Unauthenticated('guarded by METRICS_TOKEN, which production requires')
  async scrape(
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const token = this.env.get('METRICS_TOKEN');
    if (token !== undefined && !isSame(authorization ?? '', `Bearer ${token}`)) {
      throw new CredentialInvalid();
    }
    const { rows } = await sql<{ waiting: number; oldest_seconds: number; failed: number }>`
      select * from app.outbox_backlog(${this.clock.now()})
    `.execute(this.database.functions);
    const backlog = rows[0];
    if (backlog !== undefined) {
      this.metrics.outboxWaiting.set(backlog.waiting);
      this.metrics.outboxOldestSeconds.set(backlog.oldest_seconds);
      this.metrics.outboxFailed.set(backlog.failed);
    }
    reply.header('Content-Type', this.metrics.registry.contentType);
    return this.metrics.registry.metrics();
  }
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
