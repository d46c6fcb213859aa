import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { CallsStripe } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom, pageQuery } from '../../platform/http/schemas.ts';
import { StripeNotConnected, StripeRefused, StripeUnavailable } from '../../stripe/stripe.errors.ts';
import {
  CreditCostNeedsMeter,
  FeatureNotFound,
  KeyTaken,
  MeterCostsCreditsAlready,
  MeterCountsOtherwise,
  MeterInUse,
  MeterNotFound,
  MeterOnlyForMeteredFeature,
  MeterPropertyMisplaced,
} from './catalog.errors.ts';
import { createFeature, feature, featurePage, resync, updateFeature } from './catalog.schemas.ts';
import { FeaturesService } from './features.service.ts';
import { createMeter, meter, meterPage, updateMeter } from './meter.schemas.ts';
import { ResyncCatalog } from './resync-catalog.ts';

type PageQuery = z.output<typeof pageQuery>;
type IdParam = z.output<typeof idParam>;

/** Features and meters, and how the catalog stands on Stripe. */
@Controller()
export class CatalogController {
  constructor(
    private readonly features: FeaturesService,
    private readonly resync: ResyncCatalog,
  ) {}

  @Get('meters')
  @Requires('catalog:read')
  @Returns(200, meterPage)
  async listMeters(@EnvironmentId() environmentId: string, @Query({ schema: pageQuery }) query: PageQuery) {
    return pageFrom(await this.features.listMeters(environmentId, query), query.limit);
  }

  @Post('meters')
  @Requires('catalog:write')
  @Returns(201, meter)
  @Refuses(KeyTaken)
  createMeter(
    @EnvironmentId() environmentId: string,
    @Body({ schema: createMeter }) body: z.output<typeof createMeter>,
  ) {
    return this.features.createMeter(environmentId, body);
  }

  /** Retrieves a meter by key or id. */
  @Get('meters/:id')
  @Requires('catalog:read')
  @Returns(200, meter)
  @Refuses(MeterNotFound)
  getMeter(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.features.getMeter(environmentId, id, 'id');
  }

  /** Changes a meter's name and group_by; what it counts, until its first event came. */
  @Patch('meters/:id')
  @Requires('catalog:write')
  @Returns(200, meter)
  @Refuses(MeterNotFound, MeterInUse, MeterPropertyMisplaced)
  updateMeter(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Body({ schema: updateMeter }) body: z.output<typeof updateMeter>,
  ) {
    return this.features.updateMeter(environmentId, id, body);
  }

  @Get('features')
  @Requires('catalog:read')
  @Returns(200, featurePage)
  async listFeatures(@EnvironmentId() environmentId: string, @Query({ schema: pageQuery }) query: PageQuery) {
    return pageFrom(await this.features.listFeatures(environmentId, query), query.limit);
  }

  /** Creates a feature. A metered one that names no meter gets a meter under its own key. */
  @Post('features')
  @Requires('catalog:write')
  @Returns(201, feature)
  @Refuses(
    KeyTaken,
    MeterNotFound,
    MeterOnlyForMeteredFeature,
    MeterCountsOtherwise,
    CreditCostNeedsMeter,
    MeterCostsCreditsAlready,
  )
  createFeature(
    @EnvironmentId() environmentId: string,
    @Body({ schema: createFeature }) body: z.output<typeof createFeature>,
  ) {
    return this.features.createFeature(environmentId, body);
  }

  /** Retrieves a feature by key or id. */
  @Get('features/:id')
  @Requires('catalog:read')
  @Returns(200, feature)
  @Refuses(FeatureNotFound)
  getFeature(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.features.getFeature(environmentId, id, 'id');
  }

  /** Says what a unit beyond the limit costs of a customer's credits, and what a check answers in an outage. */
  @Patch('features/:id')
  @Requires('catalog:write')
  @Returns(200, feature)
  @Refuses(FeatureNotFound, CreditCostNeedsMeter, MeterCostsCreditsAlready)
  updateFeature(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Body({ schema: updateFeature }) body: z.output<typeof updateFeature>,
  ) {
    return this.features.updateFeature(environmentId, id, body);
  }

  /** Compares the catalog with Stripe, and repairs what is missing, inactive or named otherwise there. */
  @Post('catalog/resync')
  @Requires('catalog:write', { audience: 'dashboard' })
  @CallsStripe()
  @Returns(200, resync)
  @Refuses(StripeNotConnected, StripeRefused, StripeUnavailable)
  resyncCatalog(@EnvironmentId() environmentId: string) {
    return this.resync.run(environmentId);
  }
}
