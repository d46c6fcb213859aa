import { Body, Controller, Get, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { LargeBody } from '../../platform/http/body-limit.ts';
import { Fast } from '../../platform/http/fast-route.ts';
import { OwnIdempotency } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { pageFrom } from '../../platform/http/schemas.ts';
import { ConsumerKeyNotFound, ProjectNotFound } from '../consumer-keys/consumer-keys.errors.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { TrackedCallsUsedUp } from '../merchant-billing/merchant-billing.errors.ts';
import { NotInPlan } from '../merchants/merchants.errors.ts';
import { ExportRequests } from './export-requests.ts';
import {
  LogCustomerUnknown,
  LogKeyUnknown,
  LogProjectUnknown,
  LogTimeOutOfRange,
  SummaryTooFine,
  TooManyLogs,
} from './request-logs.errors.ts';
import {
  exportRequests,
  listRequests,
  requestLogPage,
  requestLogSettings,
  requestsSummary,
  summaryQuery,
  trackAnswer,
  trackBody,
  updateRequestLogSettings,
} from './request-logs.schemas.ts';
import { RequestLogsService } from './request-logs.service.ts';
import { SummarizeRequests } from './summarize-requests.ts';
import { TrackRequests } from './track-requests.ts';

@Controller()
export class RequestLogsController {
  constructor(
    private readonly track: TrackRequests,
    private readonly logs: RequestLogsService,
    private readonly summaries: SummarizeRequests,
    private readonly exports: ExportRequests,
  ) {}

  /** Logs calls to your API: one, or up to 1,000 as `requests`. What is answered as accepted is stored. */
  @Post('track')
  @LargeBody()
  @Requires('request_logs:write')
  @OwnIdempotency()
  @Fast({ answer_ms: 2_500 })
  @Returns(200, trackAnswer)
  @Refuses(
    LogKeyUnknown,
    LogCustomerUnknown,
    LogProjectUnknown,
    LogTimeOutOfRange,
    TooManyLogs,
    TrackedCallsUsedUp,
  )
  trackRequests(
    @EnvironmentId() environmentId: string,
    @Body({ schema: trackBody }) body: z.output<typeof trackBody>,
  ): Promise<z.input<typeof trackAnswer>> {
    return 'requests' in body
      ? this.track.batch(environmentId, body.requests)
      : this.track.one(environmentId, body);
  }

  /** Lists logged calls, in the order they arrived, the newest first. */
  @Get('requests')
  @Requires('request_logs:read')
  @Returns(200, requestLogPage)
  @Refuses(CustomerNotFound, ProjectNotFound, ConsumerKeyNotFound)
  async listRequests(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listRequests }) query: z.output<typeof listRequests>,
  ) {
    return pageFrom(await this.logs.list(environmentId, query), query.limit);
  }

  /** Calls, errors and response times: in all, over time, and by endpoint, customer, project or key. */
  @Get('requests/summary')
  @Requires('request_logs:read')
  @Returns(200, requestsSummary)
  @Refuses(CustomerNotFound, ProjectNotFound, ConsumerKeyNotFound, SummaryTooFine)
  summarizeRequests(
    @EnvironmentId() environmentId: string,
    @Query({ schema: summaryQuery }) query: z.output<typeof summaryQuery>,
  ) {
    return this.summaries.summarize(environmentId, query);
  }

  /** Every logged call that fits, as CSV or as lines of JSON. */
  @Get('requests/export')
  @Requires('request_logs:read', { audience: 'dashboard' })
  @ApiProduces('text/csv', 'application/x-ndjson')
  @ApiResponse({ status: 200, description: 'The calls, while they are read.' })
  @Refuses(CustomerNotFound, ProjectNotFound, ConsumerKeyNotFound)
  async exportRequests(
    @EnvironmentId() environmentId: string,
    @Query({ schema: exportRequests }) query: z.output<typeof exportRequests>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // Refused before the first line is sent.
    await this.logs.check(environmentId, query);
    const { type, body } = this.exports.stream(environmentId, query);
    await reply
      .header('content-type', type)
      .header(
        'content-disposition',
        `attachment; filename="requests.${query.format === 'csv' ? 'csv' : 'ndjson'}"`,
      )
      .send(body);
  }

  @Get('request-log-settings')
  @Requires('settings:read', { audience: 'dashboard' })
  @Returns(200, requestLogSettings)
  getRequestLogSettings(@EnvironmentId() environmentId: string) {
    return this.logs.settings(environmentId);
  }

  @Patch('request-log-settings')
  @Requires('settings:write', { audience: 'dashboard' })
  @Returns(200, requestLogSettings)
  @Refuses(NotInPlan)
  updateRequestLogSettings(
    @EnvironmentId() environmentId: string,
    @Body({ schema: updateRequestLogSettings }) body: z.output<typeof updateRequestLogSettings>,
  ) {
    return this.logs.updateSettings(environmentId, body);
  }
}
