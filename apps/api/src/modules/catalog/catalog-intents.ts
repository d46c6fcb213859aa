import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import { type Connection, Connections } from '../../stripe/connections.ts';
import { type CallResult, Intents } from '../../stripe/intents.ts';
import {
  activatePrice,
  createCoupon,
  createMeter,
  createPrice,
  createProduct,
  findCreated,
  updateCoupon,
  updateMeter,
  updateProduct,
} from '../../stripe/stripe.catalog.ts';
import type { CatalogKind } from '../../stripe/stripe.catalog-lists.ts';
import {
  attachFeature,
  createStripeFeature,
  detachFeature,
  findDetached,
  updateStripeFeature,
} from '../../stripe/stripe.features.ts';
import { CatalogLinksRepository } from './catalog-links.repository.ts';
import { CouponsRepository } from './coupons.repository.ts';
import { FeaturesRepository } from './features.repository.ts';
import { PlansRepository } from './plans.repository.ts';
import { isAbsolute } from './meter.ts';
import { PricesRepository } from './prices.repository.ts';

interface Keyed {
  idempotency_key: string;
}

/** How an object of a kind comes to Stripe, and is made to say again what ours says. */
interface Puts {
  create: (connection: Connection, environmentId: string, id: string, keyed: Keyed) => Promise<CallResult>;
  update: (
    connection: Connection,
    environmentId: string,
    id: string,
    stripeId: string,
    keyed: Keyed,
  ) => Promise<CallResult>;
}

const kinds = ['product', 'price', 'meter', 'feature', 'coupon'] as const satisfies CatalogKind[];
const ofObject = z.object({ id: z.string() });
const creation = (kind: CatalogKind) => ({ kind: `${kind}.create`, params: ofObject });
const change = (kind: CatalogKind) => ({ kind: `${kind}.update`, params: ofObject });

const attachIntent = {
  kind: 'product_feature.attach',
  params: z.object({ product: z.string(), feature: z.string() }),
};
const detachIntent = {
  kind: 'product_feature.detach',
  params: z.object({ product: z.string(), attachment: z.string() }),
};

/** The calls that put the catalog on Stripe, each once. */
@Injectable()
export class CatalogIntents implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly plans: PlansRepository,
    private readonly prices: PricesRepository,
    private readonly features: FeaturesRepository,
    private readonly coupons: CouponsRepository,
    private readonly links: CatalogLinksRepository,
    private readonly connections: Connections,
    private readonly intents: Intents,
  ) {}

  onModuleInit(): void {
    for (const kind of kinds) {
      this.intents.register({
        ...creation(kind),
        call: async ({ id }, { environment_id: environmentId, ...keyed }) =>
          this.puts[kind].create(await this.connections.of(environmentId), environmentId, id, keyed),
        recover: async ({ id }, { environment_id: environmentId }) =>
          findCreated(await this.connections.of(environmentId), kind, id),
        settle: (environmentId, { id }, { stripe_object_id: stripeId }) =>
          this.links.link(environmentId, kind, id, stripeId),
      });
      this.intents.register({
        ...change(kind),
        call: async ({ id }, { environment_id: environmentId, ...keyed }) => {
          const connection = await this.connections.of(environmentId);
          const stripeId = await this.linkOf(environmentId, kind, id);
          if (stripeId === null) {
            throw new Error(`The ${kind} ${id} is not on Stripe.`);
          }
          return this.puts[kind].update(connection, environmentId, id, stripeId, keyed);
        },
        recover: 'repeat',
        settle: async () => {},
      });
    }
    this.intents.register({
      ...attachIntent,
      call: async (params, { environment_id: environmentId, ...keyed }) =>
        attachFeature(await this.connections.of(environmentId), params, keyed),
      // One that is attached already is found.
      recover: 'repeat',
      settle: async () => {},
    });
    this.intents.register({
      ...detachIntent,
      call: async (params, { environment_id: environmentId, ...keyed }) =>
        detachFeature(await this.connections.of(environmentId), params, keyed),
      recover: async (params, { environment_id: environmentId }) =>
        findDetached(await this.connections.of(environmentId), params),
      settle: async () => {},
    });
  }

  /** The Stripe id of an object of ours, which is made there first if need be. */
  async ensure(environmentId: string, kind: CatalogKind, id: string): Promise<string> {
    const existing = await this.linkOf(environmentId, kind, id);
    if (existing !== null) {
      return existing;
    }
    const key = await this.keyOf(environmentId, id);
    const stripeId = await this.intents.perform(environmentId, creation(kind), key, { id });
    if ((await this.linkOf(environmentId, kind, id)) === null) {
      // Made before, for this account, which was left and came back.
      await this.database.tenant(environmentId, () => this.links.link(environmentId, kind, id, stripeId));
    }
    return stripeId;
  }

  /** Makes Stripe's object say what ours says now. `changeId` tells one change from the next. */
  async update(environmentId: string, kind: CatalogKind, id: string, changeId: string): Promise<void> {
    const key = `${await this.keyOf(environmentId, id)}:${changeId}`;
    await this.intents.perform(environmentId, change(kind), key, { id });
  }

  /** Stripe's object is gone: another is made when it is wanted. Whoever finds out twice makes one, too. */
  async forget(environmentId: string, kind: CatalogKind, id: string, stripeId: string): Promise<void> {
    const key = await this.keyOf(environmentId, id);
    await this.database.tenant(environmentId, async () => {
      if (await this.links.unlink(environmentId, kind, id, stripeId)) {
        await this.intents.forget(environmentId, creation(kind), key);
      }
    });
  }

  async attach(
    environmentId: string,
    params: { product: string; feature: string },
    changeId: string,
  ): Promise<void> {
    const key = `${params.product}:${params.feature}:${changeId}`;
    await this.intents.perform(environmentId, attachIntent, key, params);
  }

  /** An attachment has an id of its own, and goes once. */
  async detach(environmentId: string, params: { product: string; attachment: string }): Promise<void> {
    await this.intents.perform(environmentId, detachIntent, `${params.product}:${params.attachment}`, params);
  }

  private readonly puts: Record<CatalogKind, Puts> = {
    product: {
      create: async (connection, environmentId, id, keyed) =>
        createProduct(connection, await this.plan(environmentId, id), keyed),
      update: async (connection, environmentId, id, stripeId, keyed) =>
        updateProduct(connection, stripeId, await this.plan(environmentId, id), keyed),
    },
    price: {
      create: async (connection, environmentId, id, keyed) =>
        createPrice(connection, await this.price(environmentId, id), keyed),
      update: (connection, _environmentId, _id, stripeId, keyed) =>
        activatePrice(connection, stripeId, keyed),
    },
    meter: {
      create: async (connection, environmentId, id, keyed) =>
        createMeter(connection, await this.meter(environmentId, id), keyed),
      update: async (connection, environmentId, id, stripeId, keyed) =>
        updateMeter(connection, stripeId, await this.meter(environmentId, id), keyed),
    },
    feature: {
      create: async (connection, environmentId, id, keyed) =>
        createStripeFeature(connection, await this.feature(environmentId, id), keyed),
      update: async (connection, environmentId, id, stripeId, keyed) =>
        updateStripeFeature(connection, stripeId, await this.feature(environmentId, id), keyed),
    },
    coupon: {
      create: async (connection, environmentId, id, keyed) =>
        createCoupon(connection, await this.coupon(environmentId, id), keyed),
      update: async (connection, environmentId, id, stripeId, keyed) =>
        updateCoupon(connection, stripeId, await this.coupon(environmentId, id), keyed),
    },
  };

  /** An account of Stripe has one object for each of ours. */
  private async keyOf(environmentId: string, id: string): Promise<string> {
    const { stripe_account_id: account } = await this.connections.of(environmentId);
    return `${account}:${id}`;
  }

  private linkOf(environmentId: string, kind: CatalogKind, id: string): Promise<string | null> {
    return this.database.tenant(environmentId, () => this.links.find(environmentId, kind, id));
  }

  private async plan(environmentId: string, id: string) {
    return existing(await this.database.tenant(environmentId, () => this.plans.find(environmentId, id)), id);
  }

  private price(environmentId: string, id: string) {
    return this.database.tenant(environmentId, async () => {
      const [found] = await this.prices.find(environmentId, { ids: [id] });
      const price = existing(found, id);
      const product = await this.links.find(environmentId, 'product', price.plan_id);
      const meter =
        price.meter_id === null ? null : await this.links.find(environmentId, 'meter', price.meter_id);
      if (product === null || (price.meter_id !== null && meter === null)) {
        throw new Error(`The plan or the meter of the price ${id} is not on Stripe.`);
      }
      return { ...price, product, stripe_meter_id: meter };
    });
  }

  private async meter(environmentId: string, id: string) {
    const meter = existing(
      await this.database.tenant(environmentId, () => this.features.findMeter(environmentId, id)),
      id,
    );
    return { ...meter, is_absolute: isAbsolute(meter) };
  }

  private async feature(environmentId: string, id: string) {
    return existing(
      await this.database.tenant(environmentId, () => this.features.findFeature(environmentId, id)),
      id,
    );
  }

  private async coupon(environmentId: string, id: string) {
    return existing(
      await this.database.tenant(environmentId, () => this.coupons.find(environmentId, id)),
      id,
    );
  }
}

function existing<T>(row: T | undefined, id: string): T {
  if (row === undefined) {
    throw new Error(`There is no ${id}.`);
  }
  return row;
}
