import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { type Channel, channels } from './alerts.jobs.ts';
import type { Severity } from './alerts.schemas.ts';

const columns = [
  'id',
  'kind',
  'severity',
  'title',
  'detail',
  'target_type',
  'target_id',
  'created_at',
  'updated_at',
  'read_at',
  'resolved_at',
] as const;

@Injectable()
export class AlertsRepository {
  constructor(private readonly database: Database) {}

  /** Opens an alert, or changes the open one of the same cause. `is_new` says which. */
  upsert(
    environmentId: string,
    alert: {
      id: string;
      kind: string;
      severity: Severity;
      title: string;
      detail: string;
      target_type: string;
      target_id: string;
      dedupe_key: string;
      created_at: Date;
    },
  ) {
    return this.database.q
      .insertInto('alerts')
      .values({ environment_id: environmentId, updated_at: alert.created_at, ...alert })
      .onConflict((conflict) =>
        conflict
          .columns(['environment_id', 'dedupe_key'])
          .where('resolved_at', 'is', null)
          .doUpdateSet((eb) => ({
            severity: eb.ref('excluded.severity'),
            title: eb.ref('excluded.title'),
            detail: eb.ref('excluded.detail'),
            target_type: eb.ref('excluded.target_type'),
            target_id: eb.ref('excluded.target_id'),
            updated_at: eb.ref('excluded.updated_at'),
          })),
      )
      .returning(['id', sql<boolean>`id = ${alert.id}`.as('is_new')])
      .executeTakeFirstOrThrow();
  }

  find(environmentId: string, id: string) {
    return this.database.q
      .selectFrom('alerts')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .executeTakeFirst();
  }

  list(environmentId: string, page: PageRequest & { state?: 'open' | 'resolved' | undefined }) {
    let query = this.database.q
      .selectFrom('alerts')
      .select(columns)
      .where('environment_id', '=', environmentId);
    if (page.state !== undefined) {
      query = query.where('resolved_at', page.state === 'open' ? 'is' : 'is not', null);
    }
    return query.$call(newestFirst('id', page)).execute();
  }

  summary(environmentId: string) {
    return this.database.q
      .selectFrom('alerts')
      .select((eb) => [
        eb.fn.countAll<number>().as('open'),
        eb.fn.countAll<number>().filterWhere('read_at', 'is', null).as('unread'),
      ])
      .where('environment_id', '=', environmentId)
      .where('resolved_at', 'is', null)
      .executeTakeFirstOrThrow();
  }

  /** What is read or resolved keeps its time. Undefined: there is no such alert. */
  stamp(environmentId: string, id: string, column: 'read_at' | 'resolved_at', now: Date) {
    return this.database.q
      .updateTable('alerts')
      .set((eb) => ({ [column]: eb.fn.coalesce(column, eb.val(now)) }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .returning(columns)
      .executeTakeFirst();
  }

  async resolveByCause(environmentId: string, dedupeKey: string, now: Date): Promise<void> {
    await this.database.q
      .updateTable('alerts')
      .set({ resolved_at: now })
      .where('environment_id', '=', environmentId)
      .where('dedupe_key', '=', dedupeKey)
      .where('resolved_at', 'is', null)
      .execute();
  }

  /** Undefined: nothing was ever set. Addresses and secrets are sealed. */
  settings(environmentId: string) {
    return this.database.q
      .selectFrom('notification_settings')
      .select(['slack_webhook_url', 'email_addresses', 'webhook_url', 'webhook_secret'])
      .where('environment_id', '=', environmentId)
      .executeTakeFirst();
  }

  /** The channels that are set. */
  async channels(environmentId: string): Promise<Channel[]> {
    const settings = await this.settings(environmentId);
    const isSet = {
      slack: typeof settings?.slack_webhook_url === 'string',
      email: (settings?.email_addresses ?? []).length > 0,
      webhook: typeof settings?.webhook_url === 'string',
    };
    return channels.filter((channel) => isSet[channel]);
  }

  async saveSettings(
    environmentId: string,
    change: {
      slack_webhook_url?: string | null;
      email_addresses?: string[];
      webhook_url?: string | null;
      webhook_secret?: string | null;
    },
    now: Date,
  ): Promise<void> {
    await this.database.q
      .insertInto('notification_settings')
      .values({ environment_id: environmentId, ...change, updated_at: now })
      .onConflict((conflict) => conflict.column('environment_id').doUpdateSet({ ...change, updated_at: now }))
      .execute();
  }
}
