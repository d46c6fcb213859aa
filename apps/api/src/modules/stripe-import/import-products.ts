import { Injectable } from '@nestjs/common';
import { AppError } from '../../platform/errors.ts';
import { key as keySchema } from '../../platform/http/schemas.ts';
import type { Connection } from '../../stripe/connections.ts';
import {
  listPricesOf,
  type ListedPrice,
  type ListedProduct,
  retrieveMeter,
} from '../../stripe/stripe.listing.ts';
import { AdoptCatalog } from '../catalog/adopt-catalog.ts';
import { PlanNotFound } from '../catalog/catalog.errors.ts';
import { createPlan } from '../catalog/catalog.schemas.ts';
import { FeaturesService } from '../catalog/features.service.ts';
import { PlansService } from '../catalog/plans.service.ts';
import { keyOf, priceWish, type PriceWish, purposeKey } from './import-price.ts';
import type { NewItem } from './stripe-import.repository.ts';

/** Turns a product with its prices into a plan. */
@Injectable()
export class ImportProducts {
  constructor(
    private readonly adopt: AdoptCatalog,
    private readonly plans: PlansService,
    private readonly features: FeaturesService,
  ) {}

  /** What becomes of a product and each of its prices. In a rehearsal nothing is written. */
  async run(
    environmentId: string,
    connection: Connection,
    product: ListedProduct,
    options: { dry_run: boolean; groups: 'shared' | 'per_plan' },
  ): Promise<NewItem[]> {
    const { stripe_product_id: stripeId } = product;
    const known = (await this.adopt.linked(environmentId, 'product')).get(stripeId);
    const linkedPrices = await this.adopt.linked(environmentId, 'price');
    const prices = await listPricesOf(connection, stripeId);
    const itemOf = (kind: 'product' | 'price', id: string, rest: Partial<NewItem>): NewItem => ({
      kind,
      stripe_id: id,
      outcome: 'skip',
      object_id: null,
      reason: null,
      ...rest,
    });
    if (known !== undefined) {
      return [
        itemOf('product', stripeId, { outcome: 'exists', object_id: known }),
        ...prices.map(({ stripe_price_id: id }) => {
          const own = linkedPrices.get(id);
          return itemOf(
            'price',
            id,
            own === undefined
              ? { reason: 'Its plan is here already, without it. Add it to a new version of the plan.' }
              : { outcome: 'exists', object_id: own },
          );
        }),
      ];
    }

    const skipped: NewItem[] = [];
    const chosen: { stripe_price_id: string; wish: PriceWish }[] = [];
    for (const price of prices) {
      const feature = await this.featureOf(environmentId, connection, price, options.dry_run);
      const wish = priceWish(price, feature);
      if ('reason' in wish) {
        skipped.push(itemOf('price', price.stripe_price_id, { reason: wish.reason }));
      } else if (chosen.some((other) => purposeKey(other.wish) === purposeKey(wish))) {
        skipped.push(
          itemOf('price', price.stripe_price_id, {
            reason: 'The product has an older price for the same currency, interval and purpose.',
          }),
        );
      } else {
        chosen.push({ stripe_price_id: price.stripe_price_id, wish });
      }
    }
    if (chosen.length === 0) {
      return [itemOf('product', stripeId, { reason: 'None of its prices can be taken over.' }), ...skipped];
    }
    const key = await this.freeKey(environmentId, prices, product.name);
    const wish = createPlan.parse({
      key,
      name: product.name.trim().slice(0, 100) || key,
      description: product.description?.trim().slice(0, 500) || null,
      group: options.groups === 'shared' ? 'default' : key,
    });
    if (options.dry_run) {
      return [
        itemOf('product', stripeId, { outcome: 'create' }),
        ...chosen.map(({ stripe_price_id: id }) => itemOf('price', id, { outcome: 'create' })),
        ...skipped,
      ];
    }
    const plan = await this.adopt
      .plan(
        environmentId,
        { ...wish, prices: chosen.map((price) => price.wish) },
        { product: stripeId, prices: chosen.map((price) => price.stripe_price_id) },
      )
      .catch((error: unknown) => {
        if (error instanceof AppError) {
          return error;
        }
        throw error;
      });
    if (plan instanceof AppError) {
      return [itemOf('product', stripeId, { reason: plan.message }), ...skipped];
    }
    return [
      itemOf('product', stripeId, { outcome: 'create', object_id: plan.id }),
      ...chosen.map(({ stripe_price_id: id }, index) =>
        itemOf('price', id, { outcome: 'create', object_id: plan.prices[index]?.id ?? null }),
      ),
      ...skipped,
    ];
  }

  /** The key of the feature whose use a metered price charges, made if need be. Undefined: its meter cannot be ours. */
  private async featureOf(
    environmentId: string,
    connection: Connection,
    price: ListedPrice,
    isRehearsal: boolean,
  ): Promise<string | undefined> {
    const meterId = price.recurring?.stripe_meter_id ?? null;
    if (meterId === null) {
      return undefined;
    }
    const own = (await this.adopt.linked(environmentId, 'meter')).get(meterId);
    if (own !== undefined) {
      const meter = await this.features.getMeter(environmentId, own);
      const page = await this.features.listFeatures(environmentId, { limit: 100 });
      return page.find((feature) => feature.meter === meter.key)?.key;
    }
    // Our usage goes to a meter by its name, in whole sums, with the customer and the value under these keys.
    const meter = await retrieveMeter(connection, meterId);
    const fits =
      keySchema.safeParse(meter.event_name).success &&
      meter.formula === 'sum' &&
      meter.customer_key === 'stripe_customer_id' &&
      meter.value_key === 'value';
    if (!fits) {
      return undefined;
    }
    if (!isRehearsal) {
      const made = await this.adopt
        .meteredFeature(environmentId, {
          key: meter.event_name,
          name: meter.name.slice(0, 100),
          stripe_meter_id: meterId,
        })
        .then(
          () => true,
          (error: unknown) => {
            // The key is taken by another feature or meter of ours.
            if (error instanceof AppError) {
              return false;
            }
            throw error;
          },
        );
      if (!made) {
        return undefined;
      }
    }
    return meter.event_name;
  }

  private async freeKey(environmentId: string, prices: ListedPrice[], name: string): Promise<string> {
    const lookupKey = prices.length === 1 ? prices[0]?.lookup_key : null;
    const wished = keyOf(lookupKey ?? name);
    for (let n = 1; ; n++) {
      const candidate = n === 1 ? wished : `${wished}-${n}`;
      const isFree = await this.plans.get(environmentId, candidate).then(
        () => false,
        (error: unknown) => {
          if (error instanceof PlanNotFound) {
            return true;
          }
          throw error;
        },
      );
      if (isFree) {
        return candidate;
      }
    }
  }
}
