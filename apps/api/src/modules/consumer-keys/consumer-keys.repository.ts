import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import type { KnownKey } from './verification.ts';

export interface KeyChange {
  name?: string;
  scopes?: string[];
  meta?: string;
  enabled?: boolean;
  rate_limit?: number | null;
  rate_window_seconds?: number | null;
  expires_at?: Date | null;
  revoked_at?: Date;
  rotated_to?: string;
}

@Injectable()
export class ConsumerKeysRepository {
  constructor(private readonly database: Database) {}

  /** Everything a verification needs to know about a key, in one statement (`app.find_consumer_key`). */
  async findKnown(environmentId: string, hash: Buffer): Promise<KnownKey | undefined> {
    const { rows } = await sql<KnownKey>`
      select * from app.find_consumer_key(${environmentId}, ${hash})
    `.execute(this.database.functions);
    return rows[0];
  }

  async touch(uses: { environment_id: string; key_id: string; at: Date }[]): Promise<void> {
    await sql`
      select app.touch_consumer_keys(
        ${uses.map((use) => use.environment_id)}::text[],
        ${uses.map((use) => use.key_id)}::text[],
        ${uses.map((use) => use.at)}::timestamptz[])
    `.execute(this.database.functions);
  }

  async insert(
    environmentId: string,
    key: {
      id: string;
      customer_id: string;
      project_id: string | null;
      name: string;
      prefix: string;
      last4: string;
      hash: Buffer;
      scopes: string[];
      meta: string;
      rate_limit: number | null;
      rate_window_seconds: number | null;
      created_at: Date;
      updated_at: Date;
      expires_at: Date | null;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('consumer_keys')
      .values({ environment_id: environmentId, ...key })
      .execute();
  }

  find(environmentId: string, id: string) {
    return this.select(environmentId).where('k.id', '=', id).executeTakeFirst();
  }

  /** In the open transaction, locking the key until it ends. */
  lock(environmentId: string, id: string) {
    return this.select(environmentId).where('k.id', '=', id).forUpdate('k').executeTakeFirst();
  }

  list(
    environmentId: string,
    filter: PageRequest & { customer_id?: string | undefined; project_id?: string | undefined },
  ) {
    let query = this.select(environmentId);
    if (filter.customer_id !== undefined) {
      query = query.where('k.customer_id', '=', filter.customer_id);
    }
    if (filter.project_id !== undefined) {
      query = query.where('k.project_id', '=', filter.project_id);
    }
    return query.$call(newestFirst('k.id', filter)).execute();
  }

  /** Changes a key. What it returns names the copies that are out of date now. */
  update(environmentId: string, id: string, change: KeyChange, now: Date) {
    return this.database.q
      .updateTable('consumer_keys')
      .set((eb) => ({ ...change, version: eb('version', '+', 1), updated_at: now }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .returning(['hash', 'version'])
      .executeTakeFirstOrThrow();
  }

  /** The project's keys say something else from now on. */
  bumpProject(environmentId: string, projectId: string) {
    return this.database.q
      .updateTable('consumer_keys')
      .set((eb) => ({ version: eb('version', '+', 1) }))
      .where('environment_id', '=', environmentId)
      .where('project_id', '=', projectId)
      .returning(['hash', 'version'])
      .execute();
  }

  findSettings(environmentId: string) {
    return this.database.q
      .selectFrom('consumer_key_settings')
      .select(['key_prefix', 'key_limit', 'key_window_seconds', 'customer_limit', 'customer_window_seconds'])
      .where('environment_id', '=', environmentId)
      .executeTakeFirst();
  }

  async saveSettings(
    environmentId: string,
    settings: {
      key_prefix: string | null;
      key_limit: number | null;
      key_window_seconds: number | null;
      customer_limit: number | null;
      customer_window_seconds: number | null;
      updated_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('consumer_key_settings')
      .values({ environment_id: environmentId, ...settings })
      .onConflict((conflict) => conflict.column('environment_id').doUpdateSet(settings))
      .execute();
  }

  /** Whether it is news that this threshold was reached in this period. */
  async noteQuota(
    environmentId: string,
    alert: { customer_id: string; feature: string; resets_at: Date; threshold: number; created_at: Date },
  ): Promise<boolean> {
    const inserted = await this.database.q
      .insertInto('quota_alerts')
      .values({ environment_id: environmentId, ...alert })
      .onConflict((conflict) => conflict.doNothing())
      .returning('threshold')
      .execute();
    return inserted.length > 0;
  }

  private select(environmentId: string) {
    return this.database.q
      .selectFrom('consumer_keys as k')
      .innerJoin('customers as c', (join) =>
        join.onRef('c.environment_id', '=', 'k.environment_id').onRef('c.id', '=', 'k.customer_id'),
      )
      .leftJoin('projects as p', (join) =>
        join.onRef('p.environment_id', '=', 'k.environment_id').onRef('p.id', '=', 'k.project_id'),
      )
      .select([
        'k.id',
        'k.customer_id',
        'c.external_id',
        'k.project_id',
        'p.name as project_name',
        'k.name',
        'k.prefix',
        'k.last4',
        'k.scopes',
        'k.meta',
        'k.enabled',
        'k.rate_limit',
        'k.rate_window_seconds',
        'k.created_at',
        'k.updated_at',
        'k.expires_at',
        'k.revoked_at',
        'k.last_used_at',
        'k.rotated_to',
      ])
      .where('k.environment_id', '=', environmentId);
  }
}
