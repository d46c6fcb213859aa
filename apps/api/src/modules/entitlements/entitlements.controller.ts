import { Controller, Get, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Fast } from '../../platform/http/fast-route.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam } from '../../platform/http/schemas.ts';
import { FeatureNotFound } from '../catalog/catalog.errors.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { CheckEntitlement } from './check-entitlement.ts';
import { checkAnswer, checkQuery, customerEntitlements } from './entitlements.schemas.ts';
import { EntitlementsService } from './entitlements.service.ts';

@Controller()
export class EntitlementsController {
  constructor(
    private readonly checks: CheckEntitlement,
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
