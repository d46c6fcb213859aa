import { Injectable } from '@nestjs/common';
import { FeaturesService } from '../catalog/features.service.ts';
import { PlansService } from '../catalog/plans.service.ts';
import type { InvoicedPrice } from './manual-lines.ts';

/** The prices of items, as lines of a bill tell them. */
@Injectable()
export class InvoicedPrices {
  constructor(
    private readonly plans: PlansService,
    private readonly features: FeaturesService,
  ) {}

  /** In the order of the items, each with its meter if its use is charged. */
  async of<Item extends { price_id: string }>(environmentId: string, items: readonly Item[]) {
    const prices = await this.plans.findPrices(environmentId, { ids: items.map((item) => item.price_id) });
    const result: { price: InvoicedPrice & { meter_id: string | null }; item: Item }[] = [];
    for (const item of items) {
      const price = prices.find(({ id }) => id === item.price_id);
      if (price === undefined) {
        throw new Error(`There is no price ${item.price_id}.`);
      }
      const plan = await this.plans.get(environmentId, price.plan);
      const feature =
        price.feature === null ? undefined : await this.features.getFeature(environmentId, price.feature);
      result.push({
        price: { ...price, plan_name: plan.name, feature_name: feature?.name ?? null },
        item,
      });
    }
    return result;
  }
}
