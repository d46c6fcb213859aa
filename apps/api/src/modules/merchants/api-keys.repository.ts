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
  'expires_at',
  'revoked_at',
  'rotated_to',
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

  /** In the open transaction, locking the key until it ends. */
  lock(environmentId: string, id: string) {
    return this.database.q
      .selectFrom('api_keys')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
  }

  /** Puts another key in the place of one, which ends then. The hash names the copies that are out of date now. */
  replace(
    environmentId: string,
    id: string,
    end: { rotated_to: string; expires_at: Date } | { rotated_to: string; revoked_at: Date },
  ) {
    return this.database.q
      .updateTable('api_keys')
      .set(end)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .returning('hash')
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
