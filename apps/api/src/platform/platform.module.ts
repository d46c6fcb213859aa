import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, DiscoveryModule, Reflector } from '@nestjs/core';
import { StandardSchemaSerializerInterceptor } from '@nestjs/common';
import { Env } from '../env.ts';
import { AuthenticateGuard } from './auth/authenticate.guard.ts';
import { Credentials } from './auth/credentials.ts';
import { DeclaredRoutes } from './auth/declared-routes.ts';
import { UserTokens } from './auth/user-tokens.ts';
import { Broadcast } from './broadcast.ts';
import { Clock } from './clock.ts';
import { ClockSync } from './clock-sync.ts';
import { Database } from './database/database.ts';
import { ErrorFilter } from './http/error-filter.ts';
import { HealthController } from './http/health.controller.ts';
import { IdempotencyInterceptor } from './http/idempotency.interceptor.ts';
import { IdempotencyRepository } from './http/idempotency.repository.ts';
import { MerchantUrls } from './http/merchant-url.ts';
import { MetricsController } from './http/metrics.controller.ts';
import { MetricsReport } from './http/metrics-report.ts';
import { JobHandlers } from './jobs/job-handlers.ts';
import { JobsController } from './jobs/jobs.controller.ts';
import { Outbox } from './jobs/outbox.ts';
import { OutboxRepository } from './jobs/outbox.repository.ts';
import { Sweeper } from './jobs/sweeper.ts';
import { Log } from './log.ts';
import { Metrics } from './metrics.ts';
import { RateLimiter } from './rate-limits/rate-limiter.ts';
import { RequestLimits } from './rate-limits/request-limits.ts';
import { Redis } from './redis.ts';
import { Secrets } from './secrets.ts';

const shared = [
  Clock,
  ClockSync,
  Log,
  Metrics,
  Database,
  Redis,
  Broadcast,
  RateLimiter,
  RequestLimits,
  Credentials,
  Outbox,
  JobHandlers,
  Sweeper,
  MetricsReport,
  Secrets,
  MerchantUrls,
];

/** What every module stands on. It knows no billing, and it is the only global module. */
@Global()
@Module({
  imports: [DiscoveryModule],
  controllers: [HealthController, MetricsController, JobsController],
  providers: [
    { provide: Env, useFactory: () => Env.read(process.env) },
    ...shared,
    UserTokens,
    DeclaredRoutes,
    OutboxRepository,
    IdempotencyRepository,
    ErrorFilter,
    { provide: APP_FILTER, useExisting: ErrorFilter },
    AuthenticateGuard,
    { provide: APP_GUARD, useExisting: AuthenticateGuard },
    // In this order: what is remembered of an idempotent request is the serialized answer.
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    {
      provide: APP_INTERCEPTOR,
      useFactory: (reflector: Reflector) => new StandardSchemaSerializerInterceptor(reflector),
      inject: [Reflector],
    },
  ],
  exports: [Env, OutboxRepository, ...shared],
})
export class PlatformModule {}
