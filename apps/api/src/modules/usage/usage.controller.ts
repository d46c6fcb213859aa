import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Fast } from '../../platform/http/fast-route.ts';
import { OwnIdempotency } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { pageFrom } from '../../platform/http/schemas.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { TrackUsage } from './track-usage.ts';
import {
  CustomerIdUnknown,
  EventTimeOutOfRange,
  IngestOverloaded,
  MeterUnknown,
  UsageKeyConflict,
} from './usage.errors.ts';
import {
  listUsage,
  summaryQuery,
  trackAnswer,
  trackBody,
  usageRecordPage,
  usageSummary,
} from './usage.schemas.ts';
import { UsageService } from './usage.service.ts';

@Controller('usage')
export class UsageController {
  constructor(
    private readonly trackUsageOf: TrackUsage,
    private readonly usage: UsageService,
  ) {}

  /**
   * Reports usage: one event, or up to 1,000 as `events`. What is answered as accepted is stored durably and counts
   * once per idempotency_key, however often it is sent.
   */
  @Post('track')
  @Requires('usage:write')
  @OwnIdempotency()
  @Fast()
  @Returns(200, trackAnswer)
  @Refuses(MeterUnknown, CustomerIdUnknown, EventTimeOutOfRange, UsageKeyConflict, IngestOverloaded)
  trackUsage(
    @EnvironmentId() environmentId: string,
    @Body({ schema: trackBody }) body: z.output<typeof trackBody>,
  ) {
    return 'events' in body
      ? this.trackUsageOf.batch(environmentId, body.events)
      : this.trackUsageOf.one(environmentId, body);
  }

  /** Lists what was used: totals per customer, meter and billing period. */
  @Get()
  @Requires('usage:read')
  @Returns(200, usageRecordPage)
  @Refuses(CustomerNotFound)
  async listUsage(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listUsage }) query: z.output<typeof listUsage>,
  ) {
    return pageFrom(await this.usage.list(environmentId, query), query.limit);
  }

  @Get('summary')
  @Requires('usage:read', { audience: 'dashboard' })
  @Returns(200, usageSummary)
  getUsageSummary(
    @EnvironmentId() environmentId: string,
    @Query({ schema: summaryQuery }) query: z.output<typeof summaryQuery>,
  ) {
    return this.usage.summary(environmentId, query.days);
  }
}
