import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { FeatureNotFound, PlanNotFound } from '../catalog/catalog.errors.ts';
import { createFeature, createPlan } from '../catalog/catalog.schemas.ts';
import { FeaturesService } from '../catalog/features.service.ts';
import { PlansService } from '../catalog/plans.service.ts';
import { defaultHousePlan, houseFeatures, housePlans } from './house-plans.ts';
import { BilledMerchants } from './billed-merchants.ts';

const hour = 3_600_000;

/** Makes the plans of BillingOS in the environment that bills its merchants, as far as they are not there. */
@Injectable()
export class SetUpHousePlans implements OnModuleInit {
  constructor(
    private readonly merchants: BilledMerchants,
    private readonly features: FeaturesService,
    private readonly plans: PlansService,
    private readonly sweeper: Sweeper,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({
      name: 'merchant_billing.set_up_plans',
      every_ms: hour,
      run: () => this.setUp(),
    });
  }

  /** Changes nothing that is there: what was made belongs to whoever runs the instance. */
  private async setUp(): Promise<void> {
    const house = await this.merchants.house();
    if (house === undefined) {
      return;
    }
    const { environment_id: environmentId } = house;
    for (const wish of houseFeatures) {
      if (await isMissing(this.features.getFeature(environmentId, wish.key), FeatureNotFound)) {
        await this.features.createFeature(environmentId, createFeature.parse(wish));
      }
    }
    for (const wish of housePlans) {
      if (await isMissing(this.plans.get(environmentId, wish.key), PlanNotFound)) {
        await this.plans.create(environmentId, { ...createPlan.parse(wish), type: 'base' });
        if (wish.key === defaultHousePlan) {
          await this.plans.setDefault(environmentId, wish.key);
        }
      }
    }
  }
}

async function isMissing(
  search: Promise<unknown>,
  refusal: typeof FeatureNotFound | typeof PlanNotFound,
): Promise<boolean> {
  try {
    await search;
    return false;
  } catch (error) {
    if (error instanceof refusal) {
      return true;
    }
    throw error;
  }
}
