import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';

export interface ProjectChange {
  name?: string;
  quota_feature_id?: string | null;
  rate_limit?: number | null;
  rate_window_seconds?: number | null;
  updated_at: Date;
}

@Injectable()
export class ProjectsRepository {
  constructor(private readonly database: Database) {}

  async insert(
    environmentId: string,
    project: ProjectChange & { id: string; customer_id: string; name: string; created_at: Date },
  ): Promise<void> {
    await this.database.q
      .insertInto('projects')
      .values({ environment_id: environmentId, ...project })
      .execute();
  }

  async update(environmentId: string, id: string, change: ProjectChange): Promise<void> {
    await this.database.q
      .updateTable('projects')
      .set(change)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  find(environmentId: string, id: string) {
    return this.select(environmentId).where('p.id', '=', id).executeTakeFirst();
  }

  list(environmentId: string, filter: PageRequest & { customer_id?: string | undefined }) {
    const query = this.select(environmentId);
    return (filter.customer_id === undefined ? query : query.where('p.customer_id', '=', filter.customer_id))
      .$call(newestFirst('p.id', filter))
      .execute();
  }

  private select(environmentId: string) {
    return this.database.q
      .selectFrom('projects as p')
      .innerJoin('customers as c', (join) =>
        join.onRef('c.environment_id', '=', 'p.environment_id').onRef('c.id', '=', 'p.customer_id'),
      )
      .leftJoin('features as f', (join) =>
        join.onRef('f.environment_id', '=', 'p.environment_id').onRef('f.id', '=', 'p.quota_feature_id'),
      )
      .select([
        'p.id',
        'p.customer_id',
        'c.external_id',
        'p.name',
        'f.key as quota_feature',
        'p.rate_limit',
        'p.rate_window_seconds',
        'p.created_at',
        'p.updated_at',
      ])
      .where('p.environment_id', '=', environmentId);
  }
}
