import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Fast } from '../../platform/http/fast-route.ts';
import { OwnIdempotency } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam } from '../../platform/http/schemas.ts';
import { FeatureNotFound } from '../catalog/catalog.errors.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { CheckEntitlement } from './check-entitlement.ts';
import {
  confirmBody,
  consumeBody,
  consumption,
  reservation,
  reserveBody,
  settledReservation,
} from './consume.schemas.ts';
import { ConsumeUsage } from './consume-usage.ts';
import { EntitlementStreams } from './entitlement-streams.ts';
import {
  FeatureNotMetered,
  MeterNotSummed,
  ReservationNotFound,
  ReservationSettled,
  ReservationTooSmall,
  TooManyStreams,
} from './entitlements.errors.ts';
import { checkAnswer, checkQuery, customerEntitlements, streamQuery } from './entitlements.schemas.ts';
import { ReserveUsage } from './reserve-usage.ts';
import { ExplainEntitlements } from './explain-entitlements.ts';

@Controller()
export class EntitlementsController {
  constructor(
    private readonly checks: CheckEntitlement,
    private readonly consumptions: ConsumeUsage,
    private readonly reservations: ReserveUsage,
    private readonly entitlements: ExplainEntitlements,
    private readonly streams: EntitlementStreams,
  ) {}

  /**
   * May this customer use this feature now? A denial says why. When nothing can be looked up, the answer is what was last
   * known of the customer, else the feature's `on_outage`, marked `degraded`.
   */
  @Get('entitlements/check')
  @Requires('entitlements:read', { inOutage: true })
  @Fast({ answer_ms: 2_500 })
  @Returns(200, checkAnswer)
  @Refuses(FeatureNotFound)
  checkEntitlement(
    @EnvironmentId() environmentId: string,
    @Query({ schema: checkQuery }) query: z.output<typeof checkQuery>,
  ) {
    return this.checks.checkNow(environmentId, query);
  }

  /**
   * Checks and deducts in one step: of what is left, no more is given than there is, however many ask at once. A denial
   * takes nothing.
   */
  @Post('entitlements/consume')
  @Requires('usage:write')
  @OwnIdempotency('body_or_header')
  @Fast({ answer_ms: 2_500 })
  @Returns(200, consumption)
  @Refuses(FeatureNotFound, FeatureNotMetered, MeterNotSummed)
  consumeEntitlement(
    @EnvironmentId() environmentId: string,
    @Body({ schema: consumeBody }) body: z.output<typeof consumeBody>,
  ) {
    return this.consumptions.consume(environmentId, body);
  }

  /** Holds units for work that is under way. Confirm what it took, or release it; after `ttl_seconds` it is released. */
  @Post('entitlements/reservations')
  @Requires('usage:write')
  @Returns(200, reservation)
  @Refuses(FeatureNotFound, FeatureNotMetered, MeterNotSummed)
  reserveEntitlement(
    @EnvironmentId() environmentId: string,
    @Body({ schema: reserveBody }) body: z.output<typeof reserveBody>,
  ) {
    return this.reservations.reserve(environmentId, body);
  }

  /** Uses `quantity` of what is held; the rest is free again. */
  @Post('entitlements/reservations/:id/confirm')
  @Requires('usage:write')
  @Returns(200, settledReservation)
  @Refuses(ReservationNotFound, ReservationSettled, ReservationTooSmall)
  confirmReservation(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: confirmBody }) { quantity }: z.output<typeof confirmBody>,
  ) {
    return this.reservations.confirm(environmentId, id, quantity);
  }

  /** Gives back all that is held. */
  @Post('entitlements/reservations/:id/release')
  @Requires('usage:write')
  @Returns(200, settledReservation)
  @Refuses(ReservationNotFound, ReservationSettled)
  releaseReservation(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.reservations.release(environmentId, id);
  }

  /**
   * Tells of every change of what customers may do, as server-sent events. First what was missed since `Last-Event-ID`,
   * or `reset` (what you hold may be out of date) and the customers named; then `ready`; then each change:
   * `entitlements` with all a customer may do, and `usage` with a new total of a meter. A version may come twice, or
   * after a higher one: leave it out then. A comment comes every 15 seconds; the stream ends every few minutes, and is
   * opened again with `Last-Event-ID`.
   */
  @Get('entitlements/stream')
  @Requires('entitlements:read')
  @ApiHeader({ name: 'Last-Event-ID', required: false, schema: { type: 'string' } })
  @ApiResponse({
    status: 200,
    description:
      'Events. `entitlements` holds a CustomerEntitlements; `usage` holds `customer`, `meter`, `period_start`, `used` and `usage_version`; `reset` and `ready` hold nothing.',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  @Refuses(TooManyStreams)
  async streamEntitlements(
    @EnvironmentId() environmentId: string,
    @Query({ schema: streamQuery }) { customer: customers }: z.output<typeof streamQuery>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { caller, headers } = request;
    const body = await this.streams.open({
      environment_id: environmentId,
      caller_id: caller?.kind === 'api_key' ? caller.key_id : (caller?.user_id ?? environmentId),
      customers,
      last_event_id: typeof headers['last-event-id'] === 'string' ? headers['last-event-id'] : undefined,
    });
    // Also where nobody reads it, as of HEAD.
    reply.raw.once('close', () => body.destroy());
    await reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('x-accel-buffering', 'no')
      .send(body);
  }

  /** Everything a customer may do, what is used of it, and where it comes from. */
  @Get('customers/:id/entitlements')
  @Requires('entitlements:read')
  @Returns(200, customerEntitlements)
  @Refuses(CustomerNotFound)
  getCustomerEntitlements(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.entitlements.ofCustomer(environmentId, id);
  }
}
