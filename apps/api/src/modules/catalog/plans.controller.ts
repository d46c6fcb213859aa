import { Body, Controller, Delete, Get, Param, Patch, Post, Put, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom, pageQuery } from '../../platform/http/schemas.ts';
import {
  DraftNotFound,
  FeatureGrantedTwice,
  FeatureNotFound,
  FeatureNotMetered,
  GrantDoesNotFitFeature,
  KeyTaken,
  PlanIsAddOn,
  PlanNotFound,
  PriceRepeated,
  PriceTermsDoNotFit,
  TiersOutOfOrder,
} from './catalog.errors.ts';
import {
  createAddOn,
  createPlan,
  defaultPlan,
  plan,
  planDraft,
  planPage,
  planQuery,
  planVersionPage,
  putDraft,
  setDefaultPlan,
  updatePlan,
  writtenPlan,
} from './catalog.schemas.ts';
import { PlanDrafts } from './plan-drafts.ts';
import { PlansService } from './plans.service.ts';

type PlanQuery = z.output<typeof planQuery>;
type IdParam = z.output<typeof idParam>;

const termsRefusals = [
  FeatureNotFound,
  GrantDoesNotFitFeature,
  FeatureGrantedTwice,
  FeatureNotMetered,
  PriceTermsDoNotFit,
  TiersOutOfOrder,
  PriceRepeated,
];

/** Plans and add-ons, and the versions they are sold in. */
@Controller()
export class PlansController {
  constructor(
    private readonly plans: PlansService,
    private readonly drafts: PlanDrafts,
  ) {}

  @Get('plans')
  @Requires('catalog:read', { publishable: true })
  @Returns(200, planPage)
  async listPlans(@EnvironmentId() environmentId: string, @Query({ schema: planQuery }) query: PlanQuery) {
    return pageFrom(await this.plans.list(environmentId, { ...query, type: 'base' }), query.limit);
  }

  /** Publishes a plan with its prices and what it grants. */
  @Post('plans')
  @Requires('catalog:write')
  @Returns(201, writtenPlan)
  @Refuses(KeyTaken, ...termsRefusals)
  createPlan(
    @EnvironmentId() environmentId: string,
    @Body({ schema: createPlan }) body: z.output<typeof createPlan>,
  ) {
    return this.plans.create(environmentId, { ...body, type: 'base' });
  }

  /** Retrieves a plan or add-on by key or id, in its newest version. */
  @Get('plans/:id')
  @Requires('catalog:read', { publishable: true })
  @Returns(200, plan)
  @Refuses(PlanNotFound)
  getPlan(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.plans.get(environmentId, id, 'id');
  }

  /** Changes the name, the description or the rank of a plan or add-on. */
  @Patch('plans/:id')
  @Requires('catalog:write')
  @Returns(200, plan)
  @Refuses(PlanNotFound)
  updatePlan(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Body({ schema: updatePlan }) body: z.output<typeof updatePlan>,
  ) {
    return this.plans.update(environmentId, id, body);
  }

  /** Ends the sale of a plan or add-on. Whoever is on it stays. */
  @Post('plans/:id/archive')
  @Requires('catalog:write')
  @Returns(200, plan)
  @Refuses(PlanNotFound)
  archivePlan(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.plans.archive(environmentId, id);
  }

  /** Sells an archived plan or add-on again. */
  @Post('plans/:id/unarchive')
  @Requires('catalog:write')
  @Returns(200, plan)
  @Refuses(PlanNotFound)
  unarchivePlan(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.plans.unarchive(environmentId, id);
  }

  /** Lists what was sold under a plan, the newest version first. */
  @Get('plans/:id/versions')
  @Requires('catalog:read')
  @Returns(200, planVersionPage)
  @Refuses(PlanNotFound)
  async listPlanVersions(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Query({ schema: pageQuery }) query: z.output<typeof pageQuery>,
  ) {
    return pageFrom(await this.plans.listVersions(environmentId, id, query), query.limit);
  }

  /** Retrieves the next version of a plan, as far as it is written. */
  @Get('plans/:id/draft')
  @Requires('catalog:read')
  @Returns(200, planDraft)
  @Refuses(PlanNotFound, DraftNotFound)
  getPlanDraft(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.drafts.get(environmentId, id);
  }

  /** Writes the next version of a plan, in place of a draft there may be. */
  @Put('plans/:id/draft')
  @Requires('catalog:write')
  @Returns(200, planDraft)
  @Refuses(PlanNotFound, ...termsRefusals)
  putPlanDraft(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Body({ schema: putDraft }) body: z.output<typeof putDraft>,
  ) {
    return this.drafts.put(environmentId, id, body);
  }

  /** Throws the draft of a plan away. */
  @Delete('plans/:id/draft')
  @Requires('catalog:write')
  @Returns(200, planDraft)
  @Refuses(PlanNotFound, DraftNotFound)
  discardPlanDraft(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.drafts.discard(environmentId, id);
  }

  /** Sells the draft from now on. Whoever is on an earlier version stays on it. */
  @Post('plans/:id/publish')
  @Requires('catalog:write')
  @Returns(200, writtenPlan)
  @Refuses(PlanNotFound, DraftNotFound)
  publishPlan(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.drafts.publish(environmentId, id);
  }

  @Get('add-ons')
  @Requires('catalog:read', { publishable: true })
  @Returns(200, planPage)
  async listAddOns(@EnvironmentId() environmentId: string, @Query({ schema: planQuery }) query: PlanQuery) {
    return pageFrom(await this.plans.list(environmentId, { ...query, type: 'add_on' }), query.limit);
  }

  /** Publishes what is sold on top of a plan. It is changed like a plan, under /plans/:id. */
  @Post('add-ons')
  @Requires('catalog:write')
  @Returns(201, writtenPlan)
  @Refuses(KeyTaken, ...termsRefusals)
  createAddOn(
    @EnvironmentId() environmentId: string,
    @Body({ schema: createAddOn }) body: z.output<typeof createAddOn>,
  ) {
    return this.plans.create(environmentId, {
      ...body,
      group: 'default',
      trial: null,
      spend_cap: null,
      type: 'add_on',
    });
  }

  /** Retrieves an add-on by key or id, in its newest version. */
  @Get('add-ons/:id')
  @Requires('catalog:read', { publishable: true })
  @Returns(200, plan)
  @Refuses(PlanNotFound)
  getAddOn(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.plans.getAddOn(environmentId, id, 'id');
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
  @Refuses(PlanNotFound, PlanIsAddOn)
  setDefaultPlan(
    @EnvironmentId() environmentId: string,
    @Body({ schema: setDefaultPlan }) body: z.output<typeof setDefaultPlan>,
  ) {
    return this.plans.setDefault(environmentId, body.plan);
  }
}
