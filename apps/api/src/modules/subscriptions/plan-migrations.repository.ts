import { Injectable } from '@nestjs/common';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { runningStatuses } from './subscription.ts';

@Injectable()
export class PlanMigrationsRepository {
  constructor(private readonly database: Database) {}

  /** The published versions of a plan, with how many run on each. */
  versions(environmentId: string, planId: string) {
    return this.database.q
      .selectFrom('plan_versions as v')
      .leftJoin('subscriptions as s', (join) =>
        join
          .onRef('s.environment_id', '=', 'v.environment_id')
          .onRef('s.plan_version_id', '=', 'v.id')
          .on('s.status', 'in', runningStatuses)
          .on('s.duplicate_of', 'is', null),
      )
      .select((eb) => ['v.id', 'v.number', eb.fn.count<number>('s.id').as('running')])
      .where('v.environment_id', '=', environmentId)
      .where('v.plan_id', '=', planId)
      .where('v.published_at', 'is not', null)
      .groupBy(['v.id', 'v.number'])
      .orderBy('v.number', 'desc')
      .execute();
  }

  /** The ids of the running subscriptions on some versions, of some customers or of all. */
  async running(
    environmentId: string,
    versionIds: string[],
    customerIds: string[] | undefined,
  ): Promise<string[]> {
    let query = this.database.q
      .selectFrom('subscriptions')
      .select('id')
      .where('environment_id', '=', environmentId)
      .where('plan_version_id', 'in', atLeastOne(versionIds))
      .where('status', 'in', runningStatuses)
      .where('duplicate_of', 'is', null)
      .where('provider', '=', 'stripe');
    if (customerIds !== undefined) {
      query = query.where('customer_id', 'in', atLeastOne(customerIds));
    }
    const rows = await query.orderBy('id').execute();
    return rows.map(({ id }) => id);
  }

  async insert(
    environmentId: string,
    migration: {
      id: string;
      plan_id: string;
      plan_version_id: string;
      when: 'now' | 'period_end';
      proration: 'invoice' | 'next_invoice' | 'none';
      created_at: Date;
      finished_at: Date | null;
    },
    items: { id: string; subscription_id: string }[],
  ): Promise<void> {
    await this.database.q
      .insertInto('plan_migrations')
      .values({ environment_id: environmentId, ...migration })
      .execute();
    for (let from = 0; from < items.length; from += 1_000) {
      await this.database.q
        .insertInto('plan_migration_items')
        .values(
          items.slice(from, from + 1_000).map((item) => ({
            environment_id: environmentId,
            migration_id: migration.id,
            state: 'pending' as const,
            ...item,
          })),
        )
        .execute();
    }
  }

  find(environmentId: string, id: string) {
    return this.select(environmentId).where('m.id', '=', id).executeTakeFirst();
  }

  list(environmentId: string, planId: string, page: PageRequest) {
    return this.select(environmentId)
      .where('m.plan_id', '=', planId)
      .$call(newestFirst('m.id', page))
      .execute();
  }

  counts(environmentId: string, migrationIds: string[]) {
    return this.database.q
      .selectFrom('plan_migration_items')
      .select((eb) => ['migration_id', 'state', eb.fn.countAll<number>().as('count')])
      .where('environment_id', '=', environmentId)
      .where('migration_id', 'in', atLeastOne(migrationIds))
      .groupBy(['migration_id', 'state'])
      .execute();
  }

  items(environmentId: string, migrationId: string, state: 'pending' | 'failed', limit: number) {
    return this.database.q
      .selectFrom('plan_migration_items')
      .select(['id', 'subscription_id', 'error'])
      .where('environment_id', '=', environmentId)
      .where('migration_id', '=', migrationId)
      .where('state', '=', state)
      .orderBy('id')
      .limit(limit)
      .execute();
  }

  async settle(
    environmentId: string,
    itemId: string,
    outcome: { state: 'done' | 'failed'; error: string | null; settled_at: Date },
  ): Promise<void> {
    await this.database.q
      .updateTable('plan_migration_items')
      .set(outcome)
      .where('environment_id', '=', environmentId)
      .where('id', '=', itemId)
      .where('state', '=', 'pending')
      .execute();
  }

  async finish(environmentId: string, id: string, now: Date): Promise<void> {
    await this.database.q
      .updateTable('plan_migrations')
      .set({ finished_at: now })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('finished_at', 'is', null)
      .execute();
  }

  private select(environmentId: string) {
    return this.database.q
      .selectFrom('plan_migrations as m')
      .innerJoin('plans as p', (join) =>
        join.onRef('p.environment_id', '=', 'm.environment_id').onRef('p.id', '=', 'm.plan_id'),
      )
      .innerJoin('plan_versions as v', (join) =>
        join.onRef('v.environment_id', '=', 'm.environment_id').onRef('v.id', '=', 'm.plan_version_id'),
      )
      .select([
        'm.id',
        'p.key as plan',
        'm.plan_id',
        'm.plan_version_id',
        'v.number as version_number',
        'm.when',
        'm.proration',
        'm.created_at',
        'm.finished_at',
      ])
      .where('m.environment_id', '=', environmentId);
  }
}
