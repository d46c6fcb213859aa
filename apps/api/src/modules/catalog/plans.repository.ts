import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { type SpendCap, termColumns, type Trial, withTerms } from './plan-versions.repository.ts';

export interface PlanRow {
  id: string;
  key: string;
  name: string;
  description: string | null;
  group: string;
  rank: number;
  stripe_product_id: string | null;
  created_at: Date;
  type: 'base' | 'add_on';
  archived_at: Date | null;
  version_id: string;
  version_number: number;
  published_at: Date;
  trial: Trial | null;
  spend_cap: SpendCap | null;
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
      type: 'base' | 'add_on';
      created_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('plans')
      .values({ environment_id: environmentId, ...plan })
      .execute();
  }

  /** By key or id, in its newest version. */
  async find(environmentId: string, reference: string): Promise<PlanRow | undefined> {
    const row = await this.selectPlans(environmentId)
      .where((eb) => eb.or([eb('plans.key', '=', reference), eb('plans.id', '=', reference)]))
      .executeTakeFirst();
    return row === undefined ? undefined : withTerms(row);
  }

  async list(
    environmentId: string,
    page: PageRequest & { type?: 'base' | 'add_on'; archived: boolean },
  ): Promise<PlanRow[]> {
    let query = this.selectPlans(environmentId);
    if (page.type !== undefined) {
      query = query.where('plans.type', '=', page.type);
    }
    if (!page.archived) {
      query = query.where('plans.archived_at', 'is', null);
    }
    const rows = await query.$call(newestFirst('plans.id', page)).execute();
    return rows.map(withTerms);
  }

  /** By key or id, locked until the transaction ends. */
  lock(environmentId: string, reference: string) {
    return this.database.q
      .selectFrom('plans')
      .select(['id', 'key', 'name', 'description', 'rank', 'archived_at'])
      .where('environment_id', '=', environmentId)
      .where((eb) => eb.or([eb('key', '=', reference), eb('id', '=', reference)]))
      .forUpdate()
      .executeTakeFirst();
  }

  async update(
    environmentId: string,
    id: string,
    change: { name?: string; description?: string | null; rank?: number; archived_at?: Date | null },
  ): Promise<void> {
    await this.database.q
      .updateTable('plans')
      .set(change)
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
    return (
      this.database.q
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
          'plans.type',
          'plans.archived_at',
          'plan_versions.id as version_id',
          'plan_versions.number as version_number',
          'plan_versions.published_at',
          ...termColumns,
        ])
        // The version that is chosen below is published.
        .$narrowType<{ published_at: Date }>()
        .where('plans.environment_id', '=', environmentId)
        .where('plan_versions.number', '=', (eb) =>
          eb
            .selectFrom('plan_versions as newest')
            .select((inner) => inner.fn.max('newest.number').as('number'))
            .where('newest.environment_id', '=', environmentId)
            .where('newest.published_at', 'is not', null)
            .whereRef('newest.plan_id', '=', 'plans.id'),
        )
    );
  }
}
