import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom, pageQuery } from '../../platform/http/schemas.ts';
import {
  FeatureGrantedTwice,
  FeatureNotFound,
  FeatureNotMetered,
  GrantDoesNotFitFeature,
  KeyTaken,
  MeterNotFound,
  MeterOnlyForMeteredFeature,
  PlanNotFound,
  PriceRepeated,
  PriceTermsDoNotFit,
  TiersOutOfOrder,
} from './catalog.errors.ts';
import {
  createFeature,
  createMeter,
  createPlan,
  defaultPlan,
  feature,
  featurePage,
  meter,
  meterPage,
  plan,
  planPage,
  setDefaultPlan,
} from './catalog.schemas.ts';
import { FeaturesService } from './features.service.ts';
import { PlansService } from './plans.service.ts';

type PageQuery = z.output<typeof pageQuery>;
type IdParam = z.output<typeof idParam>;

/** What an environment sells. */
@Controller()
export class CatalogController {
  constructor(
    private readonly features: FeaturesService,
    private readonly plans: PlansService,
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
  @Refuses(KeyTaken, MeterNotFound, MeterOnlyForMeteredFeature)
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

  @Get('plans')
  @Requires('catalog:read', { publishable: true })
  @Returns(200, planPage)
  async listPlans(@EnvironmentId() environmentId: string, @Query({ schema: pageQuery }) query: PageQuery) {
    return pageFrom(await this.plans.list(environmentId, query), query.limit);
  }

  /** Publishes a plan with its prices and what it grants. */
  @Post('plans')
  @Requires('catalog:write')
  @Returns(201, plan)
  @Refuses(
    KeyTaken,
    FeatureNotFound,
    GrantDoesNotFitFeature,
    FeatureGrantedTwice,
    FeatureNotMetered,
    PriceTermsDoNotFit,
    TiersOutOfOrder,
    PriceRepeated,
  )
  createPlan(
    @EnvironmentId() environmentId: string,
    @Body({ schema: createPlan }) body: z.output<typeof createPlan>,
  ) {
    return this.plans.create(environmentId, body);
  }

  /** Retrieves a plan by key or id, in its newest version. */
  @Get('plans/:id')
  @Requires('catalog:read', { publishable: true })
  @Returns(200, plan)
  @Refuses(PlanNotFound)
  getPlan(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.plans.get(environmentId, id, 'id');
  }

  /** The plan of customers without a subscription. */
  @Get('default-plan')
  @Requires('catalog:read', { audience: 'dashboard' })
  @Returns(200, defaultPlan)
  getDefaultPlan(@EnvironmentId() environmentId: string) {
    return this.plans.getDefault(environmentId);
  }

  /** Chooses the plan of customers without a subscription; null for none. */
  @Patch('default-plan')
  @Requires('catalog:write', { audience: 'dashboard' })
  @Returns(200, defaultPlan)
  @Refuses(PlanNotFound)
  setDefaultPlan(
    @EnvironmentId() environmentId: string,
    @Body({ schema: setDefaultPlan }) body: z.output<typeof setDefaultPlan>,
  ) {
    return this.plans.setDefault(environmentId, body.plan);
  }
}
