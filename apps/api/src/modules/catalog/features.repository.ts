import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';

const meterColumns = ['id', 'key', 'name', 'aggregation', 'stripe_meter_id', 'created_at'] as const;

/** Features and the meters that count their use. */
@Injectable()
export class FeaturesRepository {
  constructor(private readonly database: Database) {}

  insertMeter(
    environmentId: string,
    meter: { id: string; key: string; name: string; aggregation: 'count' | 'sum'; created_at: Date },
  ) {
    return this.database.q
      .insertInto('meters')
      .values({ environment_id: environmentId, ...meter })
      .returning(meterColumns)
      .executeTakeFirstOrThrow();
  }

  /** By key or id. */
  findMeter(environmentId: string, reference: string) {
    return this.database.q
      .selectFrom('meters')
      .select(meterColumns)
      .where('environment_id', '=', environmentId)
      .where((eb) => eb.or([eb('key', '=', reference), eb('id', '=', reference)]))
      .executeTakeFirst();
  }

  listMeters(environmentId: string, page: PageRequest) {
    return this.database.q
      .selectFrom('meters')
      .select(meterColumns)
      .where('environment_id', '=', environmentId)
      .$call(newestFirst('id', page))
      .execute();
  }

  async insertFeature(
    environmentId: string,
    feature: {
      id: string;
      key: string;
      name: string;
      type: 'boolean' | 'metered' | 'config';
      meter_id: string | null;
      credit_cost: string | null;
      created_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('features')
      .values({ environment_id: environmentId, ...feature })
      .execute();
  }

  async setCreditCost(environmentId: string, id: string, cost: string | null): Promise<void> {
    await this.database.q
      .updateTable('features')
      .set({ credit_cost: cost })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  /** By key or id. */
  findFeature(environmentId: string, reference: string) {
    return this.selectFeatures(environmentId)
      .where((eb) => eb.or([eb('features.key', '=', reference), eb('features.id', '=', reference)]))
      .executeTakeFirst();
  }

  findFeatures(environmentId: string, keys: string[]) {
    return this.selectFeatures(environmentId).where('features.key', 'in', atLeastOne(keys)).execute();
  }

  listFeatures(environmentId: string, page: PageRequest) {
    return this.selectFeatures(environmentId).$call(newestFirst('features.id', page)).execute();
  }

  private selectFeatures(environmentId: string) {
    return this.database.q
      .selectFrom('features')
      .leftJoin('meters', (join) =>
        join
          .onRef('meters.environment_id', '=', 'features.environment_id')
          .onRef('meters.id', '=', 'features.meter_id'),
      )
      .select([
        'features.id',
        'features.key',
        'features.name',
        'features.type',
        'meters.key as meter',
        sql<number | null>`features.credit_cost::double precision`.as('credit_cost'),
        'features.created_at',
      ])
      .where('features.environment_id', '=', environmentId);
  }
}
