import { Injectable } from '@nestjs/common';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';

export interface PlanRow {
  id: string;
  key: string;
  name: string;
  description: string | null;
  group: string;
  rank: number;
  stripe_product_id: string | null;
  created_at: Date;
  version_id: string;
  version_number: number;
  published_at: Date;
}

@Injectable()
export class PlansRepository {
  constructor(private readonly database: Database) {}

  async insert(
    environmentId: string,
    plan: {
      id: string;
      key: string;
      name: string;
      description: string | null;
      group: string;
      rank: number;
      created_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('plans')
      .values({ environment_id: environmentId, ...plan })
      .execute();
  }

  async insertVersion(
    environmentId: string,
    version: { id: string; plan_id: string; number: number; published_at: Date },
    prices: {
      id: string;
      amount: number;
      currency: string;
      interval: 'day' | 'week' | 'month' | 'year';
      interval_count: number;
    }[],
    features: {
      feature_id: string;
      limit: number | null;
      overage: 'block' | 'allow' | null;
      value: string | null;
    }[],
  ): Promise<void> {
    await this.database.q
      .insertInto('plan_versions')
      .values({ environment_id: environmentId, created_at: version.published_at, ...version })
      .execute();
    if (prices.length > 0) {
      await this.database.q
        .insertInto('prices')
        .values(
          prices.map((price) => ({
            environment_id: environmentId,
            plan_version_id: version.id,
            type: 'flat' as const,
            created_at: version.published_at,
            ...price,
          })),
        )
        .execute();
    }
    if (features.length > 0) {
      await this.database.q
        .insertInto('plan_features')
        .values(
          features.map((feature) => ({
            environment_id: environmentId,
            plan_version_id: version.id,
            ...feature,
          })),
        )
        .execute();
    }
  }

  /** By key or id, in its newest version. */
  find(environmentId: string, reference: string): Promise<PlanRow | undefined> {
    return this.selectPlans(environmentId)
      .where((eb) => eb.or([eb('plans.key', '=', reference), eb('plans.id', '=', reference)]))
      .executeTakeFirst();
  }

  list(environmentId: string, page: PageRequest): Promise<PlanRow[]> {
    return this.selectPlans(environmentId).$call(newestFirst('plans.id', page)).execute();
  }

  /** Of any version, newest or not. */
  findVersion(environmentId: string, versionId: string) {
    return this.database.q
      .selectFrom('plan_versions')
      .innerJoin('plans', (join) =>
        join
          .onRef('plans.environment_id', '=', 'plan_versions.environment_id')
          .onRef('plans.id', '=', 'plan_versions.plan_id'),
      )
      .select([
        'plan_versions.id',
        'plan_versions.plan_id',
        'plans.key',
        'plans.name',
        'plans.group',
        'plans.rank',
      ])
      .where('plan_versions.environment_id', '=', environmentId)
      .where('plan_versions.id', '=', versionId)
      .executeTakeFirst();
  }

  prices(environmentId: string, versionIds: string[]) {
    return this.database.q
      .selectFrom('prices')
      .select([
        'id',
        'plan_version_id',
        'type',
        'amount',
        'currency',
        'interval',
        'interval_count',
        'stripe_price_id',
      ])
      .$narrowType<{ type: 'flat'; amount: number }>()
      .where('environment_id', '=', environmentId)
      .where('plan_version_id', 'in', atLeastOne(versionIds))
      .orderBy('id')
      .execute();
  }

  features(environmentId: string, versionIds: string[]) {
    return this.database.q
      .selectFrom('plan_features')
      .innerJoin('features', (join) =>
        join
          .onRef('features.environment_id', '=', 'plan_features.environment_id')
          .onRef('features.id', '=', 'plan_features.feature_id'),
      )
      .select([
        'plan_features.plan_version_id',
        'plan_features.feature_id',
        'features.key as feature',
        'features.name',
        'features.type',
        'plan_features.limit',
        'plan_features.overage',
        'plan_features.value',
      ])
      .where('plan_features.environment_id', '=', environmentId)
      .where('plan_features.plan_version_id', 'in', atLeastOne(versionIds))
      .orderBy('features.key')
      .execute();
  }

  async linkStripeProduct(environmentId: string, id: string, stripeProductId: string): Promise<void> {
    await this.database.q
      .updateTable('plans')
      .set({ stripe_product_id: stripeProductId })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  async linkStripePrice(environmentId: string, id: string, stripePriceId: string): Promise<void> {
    await this.database.q
      .updateTable('prices')
      .set({ stripe_price_id: stripePriceId })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  async setDefault(environmentId: string, planId: string | null): Promise<void> {
    await this.database.q
      .updateTable('environments')
      .set({ default_plan_id: planId })
      .where('id', '=', environmentId)
      .execute();
  }

  findDefault(environmentId: string): Promise<{ default_plan_id: string | null } | undefined> {
    return this.database.q
      .selectFrom('environments')
      .select('default_plan_id')
      .where('id', '=', environmentId)
      .executeTakeFirst();
  }

  private selectPlans(environmentId: string) {
    return this.database.q
      .selectFrom('plans')
      .innerJoin('plan_versions', (join) =>
        join
          .onRef('plan_versions.environment_id', '=', 'plans.environment_id')
          .onRef('plan_versions.plan_id', '=', 'plans.id'),
      )
      .select([
        'plans.id',
        'plans.key',
        'plans.name',
        'plans.description',
        'plans.group',
        'plans.rank',
        'plans.stripe_product_id',
        'plans.created_at',
        'plan_versions.id as version_id',
        'plan_versions.number as version_number',
        'plan_versions.published_at',
      ])
      .$narrowType<{ published_at: Date }>()
      .where('plans.environment_id', '=', environmentId)
      .where('plan_versions.number', '=', (eb) =>
        eb
          .selectFrom('plan_versions as newest')
          .select((inner) => inner.fn.max('newest.number').as('number'))
          .where('newest.environment_id', '=', environmentId)
          .where('newest.published_at', 'is not', null)
          .whereRef('newest.plan_id', '=', 'plans.id'),
      );
  }
}
