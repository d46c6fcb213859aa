import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
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
import {
  FeatureNotMetered,
  MeterNotSummed,
  ReservationNotFound,
  ReservationSettled,
  ReservationTooSmall,
} from './entitlements.errors.ts';
import { checkAnswer, checkQuery, customerEntitlements } from './entitlements.schemas.ts';
import { ReserveUsage } from './reserve-usage.ts';
import { EntitlementsService } from './entitlements.service.ts';

@Controller()
export class EntitlementsController {
  constructor(
    private readonly checks: CheckEntitlement,
    private readonly consumptions: ConsumeUsage,
    private readonly reservations: ReserveUsage,
    private readonly entitlements: EntitlementsService,
  ) {}

  /** May this customer use this feature now? A denial says why. */
  @Get('entitlements/check')
  @Requires('entitlements:read')
  @Fast()
  @Returns(200, checkAnswer)
  @Refuses(FeatureNotFound)
  checkEntitlement(
    @EnvironmentId() environmentId: string,
    @Query({ schema: checkQuery }) query: z.output<typeof checkQuery>,
  ) {
    return this.checks.check(environmentId, query);
  }

  /**
   * Checks and deducts in one step: of what is left, no more is given than there is, however many ask at once. A denial
   * takes nothing.
   */
  @Post('entitlements/consume')
  @Requires('usage:write')
  @OwnIdempotency()
  @Fast()
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

  /** Everything a customer may do, and what is used of it. */
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
