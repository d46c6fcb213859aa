import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam } from '../../platform/http/schemas.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { customerSpendCap, setSpendCap } from './spend-cap.schemas.ts';
import { SpendCapsService } from './spend-caps.service.ts';

type IdParam = z.output<typeof idParam>;

/** The most that one customer may spend on metered use. */
@Controller('customers/:id/spend-cap')
export class SpendCapsController {
  constructor(private readonly caps: SpendCapsService) {}

  /** The caps that hold for a customer, and what was spent under each in the billing period so far. */
  @Get()
  @Requires('entitlements:read')
  @Returns(200, customerSpendCap)
  @Refuses(CustomerNotFound)
  getSpendCap(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.caps.get(environmentId, id);
  }

  /** Caps what metered use of each of a customer's subscriptions may cost, in place of the plan's cap, from the next check. */
  @Put()
  @Requires('subscriptions:write')
  @Returns(200, customerSpendCap)
  @Refuses(CustomerNotFound)
  setSpendCap(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Body({ schema: setSpendCap }) body: z.output<typeof setSpendCap>,
  ) {
    return this.caps.set(environmentId, id, body);
  }

  /** Takes a customer's own cap away: the plan's holds again. */
  @Delete()
  @Requires('subscriptions:write')
  @Returns(200, customerSpendCap)
  @Refuses(CustomerNotFound)
  removeSpendCap(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.caps.remove(environmentId, id);
  }
}
