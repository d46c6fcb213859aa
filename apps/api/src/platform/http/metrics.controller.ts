import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CredentialInvalid } from '../auth/auth.errors.ts';
import { Unauthenticated } from '../auth/requires.ts';
import { MetricsReport } from './metrics-report.ts';

@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly report: MetricsReport) {}

  @Get()
  @Unauthenticated('guarded by METRICS_TOKEN, which production requires', 'admin', { isLimited: false })
  async scrape(
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    if (!this.report.mayRead(authorization)) {
      throw new CredentialInvalid();
    }
    reply.header('Content-Type', this.report.contentType);
    return this.report.render();
  }
}
