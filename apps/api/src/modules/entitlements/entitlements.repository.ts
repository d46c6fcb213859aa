import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { type Snapshot, snapshotSchema } from './snapshot.ts';

export interface NewEntitlement {
  id: string;
  customer_id: string;
  feature_id: string;
  subscription_id: string;
  limit: string | null;
  overage: 'block' | 'allow' | null;
  value: string | null;
  rank: number;
  suspended: boolean;
  billing_anchor: Date;
  interval: 'day' | 'week' | 'month' | 'year';
  interval_count: number;
  granted_at: Date;
}

@Injectable()
export class EntitlementsRepository {
  constructor(private readonly database: Database) {}

  /** What a customer may do (`app.entitlement_snapshot`). Never fails for an unknown customer. */
  async snapshot(environmentId: string, reference: string, now: Date): Promise<Snapshot> {
    const [snapshot] = await this.snapshots([{ environmentId, reference }], now);
    if (snapshot === undefined) {
      throw new Error('A snapshot was not read.');
    }
    return snapshot;
  }

  /** What customers of any environments may do, in their order, in one statement. */
  async snapshots(
    customers: readonly { environmentId: string; reference: string }[],
    now: Date,
  ): Promise<Snapshot[]> {
    const environmentIds = customers.map(({ environmentId }) => environmentId);
    const references = customers.map(({ reference }) => reference);
    const { rows } = await sql<{ snapshot: unknown }>`
      select snapshot from app.entitlement_snapshots(${environmentIds}::text[], ${references}::text[], ${now})
      order by position
    `.execute(this.database.functions);
    return rows.map(({ snapshot }) => snapshotSchema.parse(snapshot));
  }

  /** What subscriptions grant now. */
  ofSubscriptions(environmentId: string, subscriptionIds: string[]) {
    return this.database.q
      .selectFrom('entitlements')
      .select([
        'subscription_id',
        'feature_id',
        'limit',
        'overage',
        'value',
        'rank',
        'suspended',
        'billing_anchor',
        'interval',
        'interval_count',
      ])
      .where('environment_id', '=', environmentId)
      .where('subscription_id', 'in', atLeastOne(subscriptionIds))
      .execute();
  }

  findFeature(environmentId: string, key: string) {
    return this.database.tenant(environmentId, () =>
      this.database.q
        .selectFrom('features')
        .select(['key', 'type'])
        .where('environment_id', '=', environmentId)
        .where('key', '=', key)
        .executeTakeFirst(),
    );
  }

  /** Keys of the environment's meters by their ids. */
  async meterKeys(environmentId: string): Promise<ReadonlyMap<string, string>> {
    const meters = await this.database.tenant(environmentId, () =>
      this.database.q
        .selectFrom('meters')
        .select(['id', 'key'])
        .where('environment_id', '=', environmentId)
        .execute(),
    );
    return new Map(meters.map(({ id, key }) => [id, key]));
  }

  /** Makes a subscription's grants these and no others. */
  async replace(
    environmentId: string,
    subscriptionId: string,
    entitlements: NewEntitlement[],
  ): Promise<void> {
    const kept = entitlements.map((entitlement) => entitlement.feature_id);
    let gone = this.database.q
      .deleteFrom('entitlements')
      .where('environment_id', '=', environmentId)
      .where('subscription_id', '=', subscriptionId);
    if (kept.length > 0) {
      gone = gone.where('feature_id', 'not in', kept);
    }
    await gone.execute();
    if (entitlements.length > 0) {
      await this.database.q
        .insertInto('entitlements')
        .values(entitlements.map((entitlement) => ({ environment_id: environmentId, ...entitlement })))
        .onConflict((conflict) =>
          conflict
            .columns(['environment_id', 'customer_id', 'feature_id', 'subscription_id'])
            .doUpdateSet((eb) => ({
              limit: eb.ref('excluded.limit'),
              overage: eb.ref('excluded.overage'),
              value: eb.ref('excluded.value'),
              rank: eb.ref('excluded.rank'),
              suspended: eb.ref('excluded.suspended'),
              billing_anchor: eb.ref('excluded.billing_anchor'),
              interval: eb.ref('excluded.interval'),
              interval_count: eb.ref('excluded.interval_count'),
            })),
        )
        .execute();
    }
  }
}
