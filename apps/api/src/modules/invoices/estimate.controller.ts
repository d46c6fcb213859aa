import { Controller, Get, Param } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam } from '../../platform/http/schemas.ts';
import { SubscriptionNotFound } from '../subscriptions/subscriptions.errors.ts';
import { EstimateBill } from './estimate-bill.ts';
import { billEstimate } from './estimate.schemas.ts';

@Controller('subscriptions/:id/estimate')
export class EstimateController {
  constructor(private readonly estimates: EstimateBill) {}

  /** What the current billing period costs so far: flat prices, seats and use, computed as the invoice will be. */
  @Get()
  @Requires('subscriptions:read')
  @Returns(200, billEstimate)
  @Refuses(SubscriptionNotFound)
  estimateBill(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.estimates.of(environmentId, id);
  }
}
