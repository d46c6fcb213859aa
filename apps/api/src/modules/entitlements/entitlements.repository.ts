import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { caps } from '../catalog/catalog.schemas.ts';
import type { UsageCap } from '../catalog/plan.ts';
import type { FeaturePolicy } from './feature-policies.ts';
import { type Snapshot, snapshotSchema } from './snapshot.ts';

export interface NewEntitlement {
  id: string;
  customer_id: string;
  feature_id: string;
  subscription_id: string;
  limit: string | null;
  overage: 'block' | 'allow' | null;
  value: string | null;
  caps: UsageCap[] | null;
  rank: number;
  suspended: boolean;
  /** Of what is suspended: because the subscription is paused. */
  paused: boolean;
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

  /**
   * What a customer's entitlements come from: what each plan and add-on of theirs grants (an add-on as often as it was
   * bought), or the default plan. Overrides are not in it.
   */
  async sources(environmentId: string, customerId: string) {
    const { rows } = await sql<{
      feature_id: string;
      feature: string;
      type: 'plan' | 'add_on' | 'default_plan';
      plan: string;
      subscription_id: string | null;
      quantity: number;
      limit: string | null;
      overage: 'block' | 'allow' | null;
      value: string | null;
    }>`
      with granting as (
        select e.subscription_id, array_agg(e.feature_id) as features
        from entitlements e
        where e.environment_id = ${environmentId} and e.customer_id = ${customerId}
        group by e.subscription_id
      ), sold as (
        select g.subscription_id, g.features, s.plan_version_id, 1 as quantity
        from granting g
        join subscriptions s on s.environment_id = ${environmentId} and s.id = g.subscription_id
        union all
        select g.subscription_id, g.features, p.plan_version_id, max(i.quantity)
        from granting g
        join subscriptions s on s.environment_id = ${environmentId} and s.id = g.subscription_id
        join subscription_items i on i.environment_id = ${environmentId} and i.subscription_id = g.subscription_id
        join prices p on p.environment_id = ${environmentId} and p.id = i.price_id
        where p.plan_version_id <> s.plan_version_id
        group by g.subscription_id, g.features, p.plan_version_id
      )
      select f.id as feature_id, f.key as feature, case pl.type when 'base' then 'plan' else 'add_on' end as type,
             pl.key as plan, sold.subscription_id, sold.quantity, pf."limit", pf.overage, pf.value
      from sold
      join plan_versions v on v.environment_id = ${environmentId} and v.id = sold.plan_version_id
      join plans pl on pl.environment_id = ${environmentId} and pl.id = v.plan_id
      join plan_features pf on pf.environment_id = ${environmentId} and pf.plan_version_id = v.id
      join features f on f.environment_id = ${environmentId} and f.id = pf.feature_id
      where pf.feature_id = any (sold.features)
      order by f.key, sold.subscription_id, pl.type desc, pl.key
    `.execute(this.database.q);
    return rows;
  }

  /** What subscriptions grant now. */
  async ofSubscriptions(environmentId: string, subscriptionIds: string[]) {
    const rows = await this.database.q
      .selectFrom('entitlements')
      .select([
        'subscription_id',
        'feature_id',
        'limit',
        'overage',
        'value',
        'caps',
        'rank',
        'suspended',
        'paused',
        'billing_anchor',
        'interval',
        'interval_count',
      ])
      .where('environment_id', '=', environmentId)
      .where('subscription_id', 'in', atLeastOne(subscriptionIds))
      .execute();
    return rows.map((row) => ({ ...row, caps: caps.nullable().parse(row.caps) }));
  }

  findFeature(environmentId: string, key: string) {
    return this.database.tenant(environmentId, () =>
      this.database.q
        .selectFrom('features as f')
        .leftJoin('meters as m', (join) =>
          join.onRef('m.environment_id', '=', 'f.environment_id').onRef('m.id', '=', 'f.meter_id'),
        )
        .select(['f.key', 'f.type', 'm.is_plain'])
        .where('f.environment_id', '=', environmentId)
        .where('f.key', '=', key)
        .executeTakeFirst(),
    );
  }

  /** Type and outage policy of every feature of these environments, by its key. */
  async featurePolicies(environmentIds: string[]): Promise<Map<string, Map<string, FeaturePolicy>>> {
    const { rows } = await sql<FeaturePolicy & { environment_id: string; key: string }>`
      select environment_id, key, type, on_outage from app.feature_policies(${environmentIds}::text[])
    `.execute(this.database.functions);
    const environments = new Map<string, Map<string, FeaturePolicy>>();
    for (const { environment_id: environmentId, key, type, on_outage } of rows) {
      const features = environments.get(environmentId) ?? new Map<string, FeaturePolicy>();
      environments.set(environmentId, features.set(key, { type, on_outage }));
    }
    return environments;
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
        .values(
          entitlements.map((entitlement) => ({
            environment_id: environmentId,
            ...entitlement,
            caps: entitlement.caps === null ? null : JSON.stringify(entitlement.caps),
          })),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['environment_id', 'customer_id', 'feature_id', 'subscription_id'])
            .doUpdateSet((eb) => ({
              limit: eb.ref('excluded.limit'),
              overage: eb.ref('excluded.overage'),
              value: eb.ref('excluded.value'),
              caps: eb.ref('excluded.caps'),
              rank: eb.ref('excluded.rank'),
              suspended: eb.ref('excluded.suspended'),
              paused: eb.ref('excluded.paused'),
              billing_anchor: eb.ref('excluded.billing_anchor'),
              interval: eb.ref('excluded.interval'),
              interval_count: eb.ref('excluded.interval_count'),
            })),
        )
        .execute();
    }
  }
}
