import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Connections } from '../../stripe/connections.ts';
import { attachedFeatures } from '../../stripe/stripe.features.ts';
import { stripePriceTerms } from '../../stripe/stripe.price-terms.ts';
import { accountConnected } from '../merchants/stripe-account.jobs.ts';
import { PriceNotOnStripe } from './catalog.errors.ts';
import { syncCoupon, syncFeature, syncMeter, syncPlan, syncPrice } from './catalog.jobs.ts';
import { CatalogIntents } from './catalog-intents.ts';
import { CatalogLinksRepository } from './catalog-links.repository.ts';
import { CouponsRepository } from './coupons.repository.ts';
import { FeaturesRepository } from './features.repository.ts';
import { PlanVersionsRepository } from './plan-versions.repository.ts';
import { PlansRepository } from './plans.repository.ts';
import { type PriceRow, PricesRepository } from './prices.repository.ts';

const pageSize = 100;

/**
 * Puts the catalog on Stripe: a product for a plan, with a price for each of its prices and the features it grants; a
 * meter for a meter, a coupon for a coupon. Once each.
 */
@Injectable()
export class SyncCatalog implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly plans: PlansRepository,
    private readonly versions: PlanVersionsRepository,
    private readonly prices: PricesRepository,
    private readonly features: FeaturesRepository,
    private readonly coupons: CouponsRepository,
    private readonly links: CatalogLinksRepository,
    private readonly connections: Connections,
    private readonly intents: CatalogIntents,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(
      syncPlan,
      ({ plan_id: id, change_id: changeId }, { environment_id: environmentId }) =>
        this.ifConnected(environmentId, async () => {
          const wasThere = (await this.linkOfProduct(environmentId, id)) !== null;
          await this.plan(environmentId, id, changeId);
          if (wasThere) {
            await this.intents.update(environmentId, 'product', id, changeId);
          }
        }),
    );
    this.handlers.register(syncPrice, ({ price_id: id }, { environment_id: environmentId }) =>
      this.ifConnected(environmentId, async () => {
        await this.putPrices(environmentId, await this.findPrices(environmentId, [id]));
      }),
    );
    this.handlers.register(
      syncMeter,
      ({ meter_id: id, change_id: changeId }, { environment_id: environmentId }) =>
        this.ifConnected(environmentId, async () => {
          await this.intents.ensure(environmentId, 'meter', id);
          if (changeId !== null) {
            await this.intents.update(environmentId, 'meter', id, changeId);
          }
        }),
    );
    this.handlers.register(syncFeature, ({ feature_id: id }, { environment_id: environmentId }) =>
      this.ifConnected(environmentId, () => this.intents.ensure(environmentId, 'feature', id)),
    );
    this.handlers.register(syncCoupon, ({ coupon_id: id }, { environment_id: environmentId }) =>
      this.ifConnected(environmentId, () => this.intents.ensure(environmentId, 'coupon', id)),
    );
    this.handlers.register(accountConnected, (_, { environment_id: environmentId }) =>
      this.ifConnected(environmentId, () => this.everything(environmentId, undefined)),
    );
  }

  /**
   * The Stripe prices of some of a plan's prices, of whatever version, by our ids; makes first what is not there yet.
   * Throws `PriceNotOnStripe` for one that Stripe cannot charge, `StripeNotConnected`, `StripeUnavailable`.
   */
  async stripePricesOf(
    environmentId: string,
    planId: string,
    priceIds: string[],
  ): Promise<Map<string, string>> {
    const wanted = (await this.findPrices(environmentId, priceIds)).filter(
      (price) => price.plan_id === planId,
    );
    const inexpressible = wanted.find((price) => stripePriceTerms(price) === undefined);
    if (inexpressible !== undefined) {
      throw new PriceNotOnStripe(inexpressible.id);
    }
    const put = await this.putPrices(environmentId, wanted);
    const missing = priceIds.find((id) => !put.has(id));
    if (missing !== undefined) {
      throw new Error(`The price ${missing} is not one of the plan ${planId}.`);
    }
    return put;
  }

  /** The Stripe coupon of one of ours, making it first if need be. Throws `StripeNotConnected`, `StripeUnavailable`. */
  stripeCouponOf(environmentId: string, couponId: string): Promise<string> {
    return this.intents.ensure(environmentId, 'coupon', couponId);
  }

  /** Another account takes the place of the one that held the catalog. In the open transaction. */
  async forgetAccount(environmentId: string): Promise<void> {
    await this.links.unlinkAll(environmentId);
  }

  /**
   * Puts on Stripe whatever is not there, and returns the plans whose products lacked features. `changeId` undefined:
   * what was done for the same version before is not looked at again.
   */
  async everything(environmentId: string, changeId: string | undefined): Promise<string[]> {
    const refitted: string[] = [];
    await eachPage(
      (page) => this.database.tenant(environmentId, () => this.features.listMeters(environmentId, page)),
      (meter) => this.intents.ensure(environmentId, 'meter', meter.id),
    );
    await eachPage(
      (page) => this.database.tenant(environmentId, () => this.features.listFeatures(environmentId, page)),
      (feature) => this.intents.ensure(environmentId, 'feature', feature.id),
    );
    await eachPage(
      (page) =>
        this.database.tenant(environmentId, () =>
          this.coupons.list(environmentId, { ...page, archived: false }),
        ),
      (coupon) => this.intents.ensure(environmentId, 'coupon', coupon.id),
    );
    await eachPage(
      (page) =>
        this.database.tenant(environmentId, () =>
          this.plans.list(environmentId, { ...page, archived: false }),
        ),
      async (plan) => {
        if ((await this.plan(environmentId, plan.id, changeId ?? plan.version_id)) > 0) {
          refitted.push(plan.id);
        }
      },
    );
    return refitted;
  }

  /** Puts prices on Stripe, with their products and the meters that count their use; leaves out what it cannot charge. */
  async putPrices(environmentId: string, prices: readonly PriceRow[]): Promise<Map<string, string>> {
    const put = new Map<string, string>();
    for (const price of prices) {
      if (price.stripe_price_id !== null) {
        put.set(price.id, price.stripe_price_id);
      } else if (stripePriceTerms(price) !== undefined) {
        await this.intents.ensure(environmentId, 'product', price.plan_id);
        if (price.meter_id !== null) {
          await this.intents.ensure(environmentId, 'meter', price.meter_id);
        }
        put.set(price.id, await this.intents.ensure(environmentId, 'price', price.id));
      }
    }
    return put;
  }

  /** A plan in its newest version. Returns how many features its product had to be given. */
  private async plan(environmentId: string, planId: string, changeId: string): Promise<number> {
    const plan = await this.database.tenant(environmentId, () => this.plans.find(environmentId, planId));
    if (plan === undefined) {
      return 0;
    }
    const prices = await this.database.tenant(environmentId, () =>
      this.prices.ofVersions(environmentId, [plan.version_id]),
    );
    if (prices.length === 0 && plan.stripe_product_id === null) {
      return 0;
    }
    const product = await this.intents.ensure(environmentId, 'product', plan.id);
    await this.putPrices(environmentId, prices);
    return this.fitFeatures(environmentId, product, plan.version_id, changeId);
  }

  /** Makes a product grant what the version grants; features that somebody else attached stay. */
  private async fitFeatures(
    environmentId: string,
    product: string,
    versionId: string,
    changeId: string,
  ): Promise<number> {
    const granted = await this.database.tenant(environmentId, () =>
      this.versions.features(environmentId, [versionId]),
    );
    const wanted = new Set<string>();
    for (const { feature_id: id } of granted) {
      wanted.add(await this.intents.ensure(environmentId, 'feature', id));
    }
    const attached = await attachedFeatures(await this.connections.of(environmentId), product);
    const lacking = [...wanted].filter((id) => !attached.some((item) => item.stripe_feature_id === id));
    for (const feature of lacking) {
      await this.intents.attach(environmentId, { product, feature }, changeId);
    }
    const ours = await this.database.tenant(environmentId, () => this.links.linked(environmentId, 'feature'));
    for (const { id, stripe_feature_id: feature } of attached) {
      if (!wanted.has(feature) && ours.some((link) => link.stripe_id === feature)) {
        await this.intents.detach(environmentId, { product, attachment: id });
      }
    }
    return lacking.length;
  }

  private findPrices(environmentId: string, ids: string[]): Promise<PriceRow[]> {
    return this.database.tenant(environmentId, () => this.prices.find(environmentId, { ids }));
  }

  private linkOfProduct(environmentId: string, planId: string): Promise<string | null> {
    return this.database.tenant(environmentId, () => this.links.find(environmentId, 'product', planId));
  }

  /** What is made before Stripe is connected is put there when it is. */
  private async ifConnected(environmentId: string, work: () => Promise<unknown>): Promise<void> {
    if ((await this.connections.find(environmentId)) !== undefined) {
      await work();
    }
  }
}

async function eachPage<T extends { id: string }>(
  load: (page: { limit: number; cursor?: string }) => Promise<T[]>,
  work: (row: T) => Promise<unknown>,
): Promise<void> {
  let cursor: string | undefined;
  do {
    const rows = await load({ limit: pageSize, ...(cursor === undefined ? {} : { cursor }) });
    for (const row of rows.slice(0, pageSize)) {
      await work(row);
    }
    cursor = rows.length > pageSize ? rows[pageSize - 1]?.id : undefined;
  } while (cursor !== undefined);
}
