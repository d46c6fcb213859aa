import { Injectable } from '@nestjs/common';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import type { PriceTerms } from './price.ts';
import { storedTiers } from './price.schemas.ts';

export interface NewPrice extends PriceTerms {
  id: string;
  plan_version_id: string;
  feature_id: string | null;
  customer_id?: string;
  replaces?: string;
}

/** A price, with whose it is. */
export type PriceRow = Awaited<ReturnType<PricesRepository['find']>>[number];

@Injectable()
export class PricesRepository {
  constructor(private readonly database: Database) {}

  async insert(environmentId: string, prices: NewPrice[], createdAt: Date): Promise<void> {
    if (prices.length > 0) {
      await this.database.q
        .insertInto('prices')
        .values(
          prices.map((price) => ({
            environment_id: environmentId,
            ...price,
            tiers: price.tiers === null ? null : JSON.stringify(price.tiers),
            created_at: createdAt,
          })),
        )
        .execute();
    }
  }

  /** Those of versions that everybody gets. */
  async ofVersions(environmentId: string, versionIds: string[]) {
    const rows = await this.select(environmentId)
      .where('p.plan_version_id', 'in', atLeastOne(versionIds))
      .where('p.customer_id', 'is', null)
      .execute();
    return rows.map(withNumbers);
  }

  /** By our ids or by Stripe's, of any version, archived or not. */
  async find(environmentId: string, by: { ids: string[] } | { stripe_ids: string[] }) {
    const rows = await this.select(environmentId)
      .where((eb) =>
        'ids' in by
          ? eb('p.id', 'in', atLeastOne(by.ids))
          : eb('p.stripe_price_id', 'in', atLeastOne(by.stripe_ids)),
      )
      .execute();
    return rows.map(withNumbers);
  }

  /** Those in force. */
  async ofCustomer(environmentId: string, customerId: string, versionId?: string) {
    let query = this.select(environmentId)
      .where('p.customer_id', '=', customerId)
      .where('p.archived_at', 'is', null);
    if (versionId !== undefined) {
      query = query.where('p.plan_version_id', '=', versionId);
    }
    return (await query.execute()).map(withNumbers);
  }

  async archive(environmentId: string, id: string, at: Date): Promise<void> {
    await this.database.q
      .updateTable('prices')
      .set({ archived_at: at })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  private select(environmentId: string) {
    return this.database.q
      .selectFrom('prices as p')
      .innerJoin('plan_versions as v', (join) =>
        join.onRef('v.environment_id', '=', 'p.environment_id').onRef('v.id', '=', 'p.plan_version_id'),
      )
      .innerJoin('plans', (join) =>
        join.onRef('plans.environment_id', '=', 'v.environment_id').onRef('plans.id', '=', 'v.plan_id'),
      )
      .leftJoin('features as f', (join) =>
        join.onRef('f.environment_id', '=', 'p.environment_id').onRef('f.id', '=', 'p.feature_id'),
      )
      .select([
        'p.id',
        'p.plan_version_id',
        'v.plan_id',
        'plans.key as plan',
        'plans.type as plan_type',
        'p.type',
        'p.currency',
        'p.interval',
        'p.interval_count',
        'p.amount',
        'p.unit_amount',
        'p.package_size',
        'p.included_units',
        'p.tiers',
        'p.feature_id',
        'f.key as feature',
        'f.meter_id',
        'p.customer_id',
        'p.replaces',
        'p.archived_at',
        'p.stripe_price_id',
      ])
      .select((eb) => eb('v.published_at', 'is not', null).as('is_published'))
      .where('p.environment_id', '=', environmentId)
      .orderBy('p.id');
  }
}

/** Counts of units are whole: numbers hold them exactly. Amounts of money stay decimal text. */
function withNumbers<T extends { package_size: string | null; included_units: string; tiers: unknown }>(
  row: T,
) {
  return {
    ...row,
    package_size: row.package_size === null ? null : Number(row.package_size),
    included_units: Number(row.included_units),
    tiers: row.tiers === null ? null : storedTiers.parse(row.tiers),
  };
}
