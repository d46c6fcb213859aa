import { Body, Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { CallsStripe } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { requestContext } from '../../platform/request-context.ts';
import { PlanNotFound } from '../catalog/catalog.errors.ts';
import { NoPlansSold } from './merchant-billing.errors.ts';
import {
  changeMerchantPlan,
  merchantPlan,
  merchantPlanChange,
  merchantPlanPreview,
  previewMerchantPlan,
} from './merchant-billing.schemas.ts';
import { MerchantBilling } from './merchant-billing.service.ts';

@Controller('merchant-plan')
export class MerchantBillingController {
  constructor(private readonly billing: MerchantBilling) {}

  /** Your own plan of BillingOS, and what is used of it. */
  @Get()
  @Requires('merchant_plan:read', { audience: 'dashboard' })
  @Returns(200, merchantPlan)
  getMerchantPlan(@EnvironmentId() environmentId: string) {
    return this.billing.get(environmentId);
  }

  /** What choosing a plan of BillingOS would cost now. */
  @Post('preview-change')
  @Requires('merchant_plan:write', { audience: 'dashboard' })
  @CallsStripe()
  @Returns(200, merchantPlanPreview)
  @Refuses(PlanNotFound, NoPlansSold)
  previewMerchantPlan(
    @EnvironmentId() environmentId: string,
    @Body({ schema: previewMerchantPlan }) body: z.output<typeof previewMerchantPlan>,
  ) {
    return this.billing.preview(environmentId, body.plan);
  }

  /** Chooses a plan of BillingOS: the first that costs something is paid on Stripe's page, another begins at once. */
  @Post('change')
  @Requires('merchant_plan:write', { audience: 'dashboard' })
  @CallsStripe()
  @Returns(200, merchantPlanChange)
  @Refuses(PlanNotFound, NoPlansSold)
  changeMerchantPlan(
    @EnvironmentId() environmentId: string,
    @Body({ schema: changeMerchantPlan }) body: z.output<typeof changeMerchantPlan>,
  ) {
    return this.billing.change(environmentId, body, requestContext.current()?.actor.label ?? '');
  }
}
