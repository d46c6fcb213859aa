import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import type { OutagePolicy } from './catalog.schemas.ts';
import { type Aggregation, type MeterFilter, storedFilters } from './meter.schemas.ts';

const meterColumns = [
  'id',
  'key',
  'name',
  'aggregation',
  'property',
  'filters',
  'group_by',
  'stripe_meter_id',
  'created_at',
] as const;

/** What a meter counts, and how it is looked at. */
export interface MeterTerms {
  name: string;
  aggregation: Aggregation;
  property: string | null;
  filters: MeterFilter[];
  group_by: string[];
}

/** Features and the meters that count their use. */
@Injectable()
export class FeaturesRepository {
  constructor(private readonly database: Database) {}

  async insertMeter(
    environmentId: string,
    { filters, ...meter }: MeterTerms & { id: string; key: string; created_at: Date },
  ) {
    const row = await this.database.q
      .insertInto('meters')
      .values({ environment_id: environmentId, ...meter, filters: JSON.stringify(filters) })
      .returning(meterColumns)
      .executeTakeFirstOrThrow();
    return shown(row);
  }

  async updateMeter(environmentId: string, id: string, { filters, ...terms }: MeterTerms) {
    const row = await this.database.q
      .updateTable('meters')
      .set({ ...terms, filters: JSON.stringify(filters) })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .returning(meterColumns)
      .executeTakeFirstOrThrow();
    return shown(row);
  }

  /** By key or id; nobody else changes it until the transaction ends. */
  async lockMeter(environmentId: string, reference: string) {
    const row = await this.database.q
      .selectFrom('meters')
      .select(meterColumns)
      .where('environment_id', '=', environmentId)
      .where((eb) => eb.or([eb('key', '=', reference), eb('id', '=', reference)]))
      .forUpdate()
      .executeTakeFirst();
    return row === undefined ? undefined : shown(row);
  }

  /** Whether any event was ever recorded for a meter. */
  async hasEvents(environmentId: string, meterId: string): Promise<boolean> {
    const event = await this.database.q
      .selectFrom('usage_events')
      .select('id')
      .where('environment_id', '=', environmentId)
      .where('meter_id', '=', meterId)
      .limit(1)
      .executeTakeFirst();
    return event !== undefined;
  }

  /** By key or id. */
  async findMeter(environmentId: string, reference: string) {
    const row = await this.database.q
      .selectFrom('meters')
      .select(meterColumns)
      .where('environment_id', '=', environmentId)
      .where((eb) => eb.or([eb('key', '=', reference), eb('id', '=', reference)]))
      .executeTakeFirst();
    return row === undefined ? undefined : shown(row);
  }

  async listMeters(environmentId: string, page: PageRequest) {
    const rows = await this.database.q
      .selectFrom('meters')
      .select(meterColumns)
      .where('environment_id', '=', environmentId)
      .$call(newestFirst('id', page))
      .execute();
    return rows.map(shown);
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
      on_outage: OutagePolicy;
      created_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('features')
      .values({ environment_id: environmentId, ...feature })
      .execute();
  }

  async updateFeature(
    environmentId: string,
    id: string,
    terms: { credit_cost: string | null; on_outage: OutagePolicy },
  ): Promise<void> {
    await this.database.q
      .updateTable('features')
      .set(terms)
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
        'features.on_outage',
        'features.created_at',
      ])
      .where('features.environment_id', '=', environmentId);
  }
}

function shown<T extends { filters: unknown }>(row: T): T & { filters: MeterFilter[] } {
  return { ...row, filters: storedFilters.parse(row.filters) };
}
