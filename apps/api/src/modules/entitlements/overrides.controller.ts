import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam } from '../../platform/http/schemas.ts';
import { FeatureNotFound, GrantDoesNotFitFeature } from '../catalog/catalog.errors.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { ExpiryNotAhead, OverrideNotFound } from './entitlements.errors.ts';
import {
  createEntitlementOverride,
  entitlementOverride,
  entitlementOverrideList,
  overrideParam,
} from './override.schemas.ts';
import { OverridesService } from './overrides.service.ts';

type IdParam = z.output<typeof idParam>;

/** What one customer may do because somebody decided so. */
@Controller('customers/:id/entitlement-overrides')
export class OverridesController {
  constructor(private readonly overrides: OverridesService) {}

  /** Lists the overrides that are in force. */
  @Get()
  @Requires('entitlements:read')
  @Returns(200, entitlementOverrideList)
  @Refuses(CustomerNotFound)
  async listEntitlementOverrides(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
  ) {
    return { data: await this.overrides.list(environmentId, id) };
  }

  /** Grants or denies a customer a feature, in place of what their plans grant or on top of it. Holds from the next check. */
  @Post()
  @Requires('subscriptions:write')
  @Returns(201, entitlementOverride)
  @Refuses(CustomerNotFound, FeatureNotFound, GrantDoesNotFitFeature, ExpiryNotAhead)
  createEntitlementOverride(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Body({ schema: createEntitlementOverride }) body: z.output<typeof createEntitlementOverride>,
  ) {
    return this.overrides.create(environmentId, id, body);
  }

  /** Removes an override: what plans grant holds again. */
  @Delete(':override_id')
  @Requires('subscriptions:write')
  @Returns(200, entitlementOverride)
  @Refuses(CustomerNotFound, OverrideNotFound)
  removeEntitlementOverride(
    @EnvironmentId() environmentId: string,
    @Param({ schema: overrideParam }) { id, override_id: overrideId }: z.output<typeof overrideParam>,
  ) {
    return this.overrides.remove(environmentId, id, overrideId);
  }
}
