import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';

@Injectable()
export class AuditRepository {
  constructor(private readonly database: Database) {}

  async insert(
    environmentId: string,
    entry: {
      id: string;
      actor_type: 'user' | 'api_key' | 'system';
      actor_id: string;
      actor_label: string;
      action: string;
      target_type: string;
      target_id: string;
      before: string | null;
      after: string | null;
      ip: string | null;
      request_id: string | null;
      created_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('audit_log')
      .values({ environment_id: environmentId, ...entry })
      .execute();
  }

  list(environmentId: string, page: PageRequest) {
    return this.database.q
      .selectFrom('audit_log')
      .select([
        'id',
        'action',
        'actor_type',
        'actor_id',
        'actor_label',
        'target_type',
        'target_id',
        'before',
        'after',
        'created_at',
      ])
      .where('environment_id', '=', environmentId)
      .$call(newestFirst('id', page))
      .execute();
  }
}
