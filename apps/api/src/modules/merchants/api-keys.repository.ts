import { Injectable } from '@nestjs/common';
import type { ApiKeyType } from '../../platform/auth/api-key.ts';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';

const columns = [
  'id',
  'name',
  'type',
  'prefix',
  'last4',
  'allowed_origins',
  'created_at',
  'last_used_at',
  'revoked_at',
] as const;

@Injectable()
export class ApiKeysRepository {
  constructor(private readonly database: Database) {}

  insert(
    environmentId: string,
    key: {
      id: string;
      name: string;
      type: ApiKeyType;
      prefix: string;
      last4: string;
      allowed_origins: string[];
      hash: Buffer;
      created_at: Date;
    },
  ) {
    return this.database.q
      .insertInto('api_keys')
      .values({ environment_id: environmentId, ...key })
      .returning(columns)
      .executeTakeFirstOrThrow();
  }

  /** Revokes a key that is not revoked yet; one that is keeps its time. Undefined: no such key. */
  revoke(environmentId: string, id: string, now: Date) {
    return this.database.q
      .updateTable('api_keys')
      .set((eb) => ({ revoked_at: eb.fn.coalesce('revoked_at', eb.val(now)) }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .returning([...columns, 'hash'])
      .executeTakeFirst();
  }

  list(environmentId: string, page: PageRequest) {
    return this.database.q
      .selectFrom('api_keys')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .$call(newestFirst('id', page))
      .execute();
  }
}
