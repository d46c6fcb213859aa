import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import { CatalogLinksRepository } from './catalog-links.repository.ts';
import type { createPlan } from './catalog.schemas.ts';
import { FeaturesService } from './features.service.ts';
import { type Plan, PlansService } from './plans.service.ts';

/** Makes what is on Stripe already a part of the catalog, linked from the start: nothing is made there a second time. */
@Injectable()
export class AdoptCatalog {
  constructor(
    private readonly database: Database,
    private readonly plans: PlansService,
    private readonly features: FeaturesService,
    private readonly links: CatalogLinksRepository,
  ) {}

  /** A plan from a product; `stripe.prices` in the order of its prices. Throws what creating a plan throws. */
  plan(
    environmentId: string,
    wish: z.output<typeof createPlan>,
    stripe: { product: string; prices: string[] },
  ): Promise<Plan> {
    return this.database.tenant(environmentId, async () => {
      const plan = await this.plans.create(environmentId, { ...wish, type: 'base' });
      await this.links.link(environmentId, 'product', plan.id, stripe.product);
      for (const [index, price] of plan.prices.entries()) {
        const stripePrice = stripe.prices[index];
        if (stripePrice === undefined) {
          throw new Error(`The plan ${plan.id} has more prices than were taken over.`);
        }
        await this.links.link(environmentId, 'price', price.id, stripePrice);
      }
      return plan;
    });
  }

  /** A metered feature with its meter, under the name of the events that the meter counts. */
  meteredFeature(
    environmentId: string,
    stripe: { key: string; name: string; stripe_meter_id: string },
  ): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const { key, name } = stripe;
      await this.features.createFeature(environmentId, {
        key,
        name,
        type: 'metered',
        on_outage: 'deny',
      });
      const meter = await this.features.getMeter(environmentId, key);
      await this.links.link(environmentId, 'meter', meter.id, stripe.stripe_meter_id);
    });
  }

  /** Of Stripe's ids those that are linked, with what they are here. */
  linked(environmentId: string, kind: 'product' | 'price' | 'meter'): Promise<Map<string, string>> {
    return this.database.tenant(environmentId, async () => {
      const rows = await this.links.linked(environmentId, kind);
      return new Map(rows.map((row) => [row.stripe_id, row.id]));
    });
  }
}
