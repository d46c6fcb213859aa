import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import { caps } from '../catalog/catalog.schemas.ts';
import type { Grant } from '../catalog/plan.ts';

export interface NewOverride extends Grant {
  id: string;
  customer_id: string;
  mode: 'replace' | 'add';
  granted: boolean;
  reason: string;
  expires_at: Date | null;
  created_at: Date;
}

@Injectable()
export class OverridesRepository {
  constructor(private readonly database: Database) {}

  /** Those in force at a time, the oldest first. */
  async inForce(environmentId: string, customerId: string, at: Date) {
    const rows = await this.select(environmentId)
      .where('o.customer_id', '=', customerId)
      .where('o.removed_at', 'is', null)
      .where((eb) => eb.or([eb('o.expires_at', 'is', null), eb('o.expires_at', '>', at)]))
      .orderBy('o.id')
      .execute();
    return rows.map(withNumbers);
  }

  /** Removed ones are not found. */
  async find(environmentId: string, customerId: string, id: string) {
    const row = await this.select(environmentId)
      .where('o.customer_id', '=', customerId)
      .where('o.id', '=', id)
      .where('o.removed_at', 'is', null)
      .executeTakeFirst();
    return row === undefined ? undefined : withNumbers(row);
  }

  async insert(environmentId: string, { caps: capped, ...override }: NewOverride): Promise<void> {
    await this.database.q
      .insertInto('entitlement_overrides')
      .values({
        environment_id: environmentId,
        ...override,
        caps: capped === null ? null : JSON.stringify(capped),
      })
      .execute();
  }

  /** Those that replace, also expired ones: the next takes their place. Returns what was removed. */
  removeReplacing(environmentId: string, customerId: string, featureId: string, at: Date) {
    return this.database.q
      .updateTable('entitlement_overrides')
      .set({ removed_at: at })
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .where('feature_id', '=', featureId)
      .where('mode', '=', 'replace')
      .where('removed_at', 'is', null)
      .returning('id')
      .execute();
  }

  async remove(environmentId: string, id: string, at: Date): Promise<void> {
    await this.database.q
      .updateTable('entitlement_overrides')
      .set({ removed_at: at })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  private select(environmentId: string) {
    return this.database.q
      .selectFrom('entitlement_overrides as o')
      .innerJoin('features as f', (join) =>
        join.onRef('f.environment_id', '=', 'o.environment_id').onRef('f.id', '=', 'o.feature_id'),
      )
      .select([
        'o.id',
        'o.customer_id as customer',
        'f.key as feature',
        'f.name',
        'f.type',
        'o.mode',
        'o.granted',
        'o.limit',
        'o.overage',
        'o.value',
        'o.caps',
        'o.reason',
        'o.expires_at',
        'o.created_at',
      ])
      .where('o.environment_id', '=', environmentId);
  }
}

function withNumbers<T extends { limit: string | null; caps: unknown }>(row: T) {
  return {
    ...row,
    limit: row.limit === null ? null : Number(row.limit),
    caps: caps.nullable().parse(row.caps),
  };
}
