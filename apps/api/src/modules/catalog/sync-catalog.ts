import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { type Connection, Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { createMeter, createPrice, createProduct } from '../../stripe/stripe.catalog.ts';
import { stripePriceTerms } from '../../stripe/stripe.price-terms.ts';
import { accountConnected } from '../merchants/stripe-account.jobs.ts';
import { PriceNotOnStripe } from './catalog.errors.ts';
import { syncMeter, syncPlan } from './catalog.jobs.ts';
import { FeaturesRepository } from './features.repository.ts';
import { PlansRepository } from './plans.repository.ts';
import { type PriceRow, PricesRepository } from './prices.repository.ts';

const productIntent = { kind: 'product.create', params: z.object({ plan_id: z.string() }) };
const priceIntent = { kind: 'price.create', params: z.object({ plan_id: z.string(), price_id: z.string() }) };
const meterIntent = { kind: 'meter.create', params: z.object({ meter_id: z.string() }) };

const pageSize = 100;

/** Puts the catalog on Stripe: a product for a plan, a price for each of its prices, a meter for a meter. Once each. */
@Injectable()
export class SyncCatalog implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly plans: PlansRepository,
    private readonly prices: PricesRepository,
    private readonly features: FeaturesRepository,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.registerIntents();
    this.handlers.register(syncPlan, async ({ plan_id: planId }, { environment_id: environmentId }) => {
      await this.ifConnected(environmentId, () => this.plan(environmentId, planId));
    });
    this.handlers.register(syncMeter, async ({ meter_id: meterId }, { environment_id: environmentId }) => {
      await this.ifConnected(environmentId, () => this.meter(environmentId, meterId));
    });
    this.handlers.register(accountConnected, (_, { environment_id: environmentId }) =>
      this.ifConnected(environmentId, () => this.everything(environmentId)),
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
    const find = () =>
      this.database.tenant(environmentId, () => this.prices.find(environmentId, { ids: priceIds }));
    const wanted = (await find()).filter((price) => price.plan_id === planId);
    const inexpressible = wanted.find((price) => stripePriceTerms(price) === undefined);
    if (inexpressible !== undefined) {
      throw new PriceNotOnStripe(inexpressible.id);
    }
    await this.product(environmentId, planId);
    await this.putPrices(environmentId, planId, wanted);
    const linked = (await find()).flatMap(({ id, stripe_price_id: stripeId }) =>
      stripeId === null ? [] : [[id, stripeId] as const],
    );
    const missing = priceIds.find((id) => !linked.some(([ours]) => ours === id));
    if (missing !== undefined) {
      throw new Error(`The price ${missing} was to be put on Stripe, but is not linked.`);
    }
    return new Map(linked);
  }

  private async plan(environmentId: string, planId: string): Promise<void> {
    const plan = await this.database.tenant(environmentId, () => this.plans.find(environmentId, planId));
    if (plan === undefined) {
      return;
    }
    await this.product(environmentId, planId);
    const prices = await this.database.tenant(environmentId, () =>
      this.prices.ofVersions(environmentId, [plan.version_id]),
    );
    await this.putPrices(environmentId, planId, prices);
  }

  private async product(environmentId: string, planId: string): Promise<void> {
    const { connection, plan } = await this.loadPlan(environmentId, planId);
    if (plan.stripe_product_id === null) {
      const dedupeKey = `${connection.stripe_account_id}:${plan.id}`;
      await this.intents.perform(environmentId, productIntent, dedupeKey, { plan_id: plan.id });
    }
  }

  /** Puts prices of a plan on Stripe that are not there, with the meters that count their use. */
  private async putPrices(environmentId: string, planId: string, prices: readonly PriceRow[]): Promise<void> {
    const { stripe_account_id: account } = await this.connections.of(environmentId);
    for (const price of prices) {
      if (price.stripe_price_id !== null || stripePriceTerms(price) === undefined) {
        continue;
      }
      if (price.meter_id !== null) {
        await this.meter(environmentId, price.meter_id);
      }
      await this.intents.perform(environmentId, priceIntent, `${account}:${price.id}`, {
        plan_id: planId,
        price_id: price.id,
      });
    }
  }

  private async meter(environmentId: string, meterId: string): Promise<void> {
    const { stripe_account_id: account } = await this.connections.of(environmentId);
    const meter = await this.database.tenant(environmentId, () =>
      this.features.findMeter(environmentId, meterId),
    );
    if (meter !== undefined && meter.stripe_meter_id === null) {
      await this.intents.perform(environmentId, meterIntent, `${account}:${meter.id}`, {
        meter_id: meter.id,
      });
    }
  }

  private async everything(environmentId: string): Promise<void> {
    await eachPage(
      (page) => this.database.tenant(environmentId, () => this.features.listMeters(environmentId, page)),
      (meter) => this.meter(environmentId, meter.id),
    );
    await eachPage(
      (page) => this.database.tenant(environmentId, () => this.plans.list(environmentId, page)),
      (plan) => this.plan(environmentId, plan.id),
    );
  }

  /** What is made before Stripe is connected is put there when it is. */
  private async ifConnected(environmentId: string, work: () => Promise<void>): Promise<void> {
    if ((await this.connections.find(environmentId)) !== undefined) {
      await work();
    }
  }

  private registerIntents(): void {
    this.intents.register({
      ...productIntent,
      call: async ({ plan_id: planId }, { environment_id: environmentId, ...keyed }) => {
        const { connection, plan } = await this.loadPlan(environmentId, planId);
        return createProduct(connection, plan, keyed);
      },
      settle: (environmentId, { plan_id: planId }, { stripe_object_id: id }) =>
        this.plans.linkStripeProduct(environmentId, planId, id),
    });
    this.intents.register({
      ...priceIntent,
      call: async ({ plan_id: planId, price_id: priceId }, { environment_id: environmentId, ...keyed }) => {
        const { connection, plan } = await this.loadPlan(environmentId, planId);
        const { price, meter } = await this.loadPrice(environmentId, priceId);
        if (plan.stripe_product_id === null) {
          throw new Error(`The plan ${planId} of the price ${priceId} is not on Stripe.`);
        }
        return createPrice(
          connection,
          { ...price, product: plan.stripe_product_id, stripe_meter_id: meter?.stripe_meter_id ?? null },
          keyed,
        );
      },
      settle: (environmentId, { price_id: priceId }, { stripe_object_id: id }) =>
        this.prices.linkStripePrice(environmentId, priceId, id),
    });
    this.intents.register({
      ...meterIntent,
      call: async ({ meter_id: meterId }, { environment_id: environmentId, ...keyed }) => {
        const connection = await this.connections.of(environmentId);
        const meter = await this.database.tenant(environmentId, () =>
          this.features.findMeter(environmentId, meterId),
        );
        if (meter === undefined) {
          throw new Error(`There is no meter ${meterId}.`);
        }
        return createMeter(connection, meter, keyed);
      },
      settle: (environmentId, { meter_id: meterId }, { stripe_object_id: id }) =>
        this.features.linkStripeMeter(environmentId, meterId, id),
    });
  }

  private loadPrice(environmentId: string, priceId: string) {
    return this.database.tenant(environmentId, async () => {
      const [price] = await this.prices.find(environmentId, { ids: [priceId] });
      if (price === undefined) {
        throw new Error(`There is no price ${priceId}.`);
      }
      const meter =
        price.meter_id === null ? undefined : await this.features.findMeter(environmentId, price.meter_id);
      return { price, meter };
    });
  }

  private async loadPlan(environmentId: string, planId: string) {
    const connection: Connection = await this.connections.of(environmentId);
    const plan = await this.database.tenant(environmentId, () => this.plans.find(environmentId, planId));
    if (plan === undefined) {
      throw new Error(`There is no plan ${planId}.`);
    }
    return { connection, plan };
  }
}

async function eachPage<T extends { id: string }>(
  load: (page: { limit: number; cursor?: string }) => Promise<T[]>,
  work: (row: T) => Promise<void>,
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
