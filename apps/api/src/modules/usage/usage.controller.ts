import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { LargeBody } from '../../platform/http/body-limit.ts';
import { Fast } from '../../platform/http/fast-route.ts';
import { OwnIdempotency } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { pageFrom } from '../../platform/http/schemas.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { MeterNotFound } from '../catalog/catalog.errors.ts';
import { CorrectUsage } from './correct-usage.ts';
import { exploreUsage, usageExploration } from './explore-usage.schemas.ts';
import { ExploreUsage } from './explore-usage.ts';
import { RetractUsage } from './retract-usage.ts';
import { TrackUsage } from './track-usage.ts';
import {
  CorrectionDoesNotFit,
  CustomerIdUnknown,
  EventNotCounted,
  EventNotFound,
  EventTimeOutOfRange,
  ExplorationTooFine,
  ExplorationTooLarge,
  IngestOverloaded,
  MeterUnknown,
  NotGroupedBy,
  UsageBelowZero,
  UsageKeyConflict,
  UsagePeriodClosed,
} from './usage.errors.ts';
import {
  corrected,
  correction,
  listEvents,
  listUsage,
  summaryQuery,
  trackAnswer,
  trackBody,
  usageEventPage,
  usageRecordPage,
  usageSummary,
} from './usage.schemas.ts';
import { UsageService } from './usage.service.ts';

@Controller('usage')
export class UsageController {
  constructor(
    private readonly trackUsageOf: TrackUsage,
    private readonly corrections: CorrectUsage,
    private readonly retractions: RetractUsage,
    private readonly usage: UsageService,
    private readonly exploration: ExploreUsage,
  ) {}

  /**
   * Reports usage: one event, or up to 1,000 as `events`. What is answered as accepted is stored durably and counts
   * once per idempotency_key, however often it is sent.
   */
  @Post('track')
  @LargeBody()
  @Requires('usage:write')
  @OwnIdempotency()
  @Fast<UsageController>({
    answer_ms: 2_500,
    refused: ({ trackUsageOf }, environmentId, body, refusal) =>
      trackUsageOf.refused(environmentId, body, refusal),
  })
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

  /**
   * Corrects what was reported wrongly, with a reason. A count or a sum by a signed `value`: its total cannot fall below 0.
   * The highest, distinct or latest value by taking back an `event`: the total becomes what the other events say.
   */
  @Post('corrections')
  @Requires('usage:write')
  @OwnIdempotency()
  @Returns(200, corrected)
  @Refuses(
    MeterUnknown,
    CustomerIdUnknown,
    EventTimeOutOfRange,
    UsageKeyConflict,
    UsageBelowZero,
    CorrectionDoesNotFit,
    EventNotFound,
    EventNotCounted,
    UsagePeriodClosed,
  )
  correctUsage(
    @EnvironmentId() environmentId: string,
    @Body({ schema: correction }) body: z.output<typeof correction>,
  ) {
    return 'event' in body
      ? this.retractions.retract(environmentId, body)
      : this.corrections.correct(environmentId, body);
  }

  /** Single events, the newest first, with what became of each; of what was rejected, the newest are kept. */
  @Get('events')
  @Requires('usage:read')
  @Returns(200, usageEventPage)
  @Refuses(CustomerNotFound)
  async listUsageEvents(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listEvents }) query: z.output<typeof listEvents>,
  ) {
    return pageFrom(await this.usage.listEvents(environmentId, query), query.limit);
  }

  /** What was used when, by whom and of what kind: by hour, day or month, and by customer or property. */
  @Get('explore')
  @Requires('usage:read')
  @Returns(200, usageExploration)
  @Refuses(MeterNotFound, CustomerNotFound, NotGroupedBy, ExplorationTooFine, ExplorationTooLarge)
  exploreUsage(
    @EnvironmentId() environmentId: string,
    @Query({ schema: exploreUsage }) query: z.output<typeof exploreUsage>,
  ) {
    return this.exploration.explore(environmentId, query);
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
