import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';

const summary = [
  'id',
  'kind',
  'recipient as to',
  'subject',
  'state',
  'error',
  'created_at',
  'sent_at',
] as const;

/** The switches and who is answered, as the table's defaults have them. */
const defaults = {
  reply_to: null,
  trial_ending: true,
  trial_ended: true,
  renewal: true,
  subscription_started: false,
  subscription_ended: false,
  payment_recovery: true,
};
export interface EmailSettings extends Omit<typeof defaults, 'reply_to'> {
  reply_to: string | null;
}

@Injectable()
export class MailRepository {
  constructor(private readonly database: Database) {}

  async isKnown(environmentId: string, dedupeKey: string): Promise<boolean> {
    const row = await this.database.q
      .selectFrom('emails')
      .select('id')
      .where('environment_id', '=', environmentId)
      .where('dedupe_key', '=', dedupeKey)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** False when there is one of this dedupe key already. */
  async insert(
    environmentId: string,
    email: {
      id: string;
      dedupe_key: string;
      kind: string;
      recipient: string;
      reply_to: string | null;
      subject: string;
      body: string;
      created_at: Date;
    },
  ): Promise<boolean> {
    const row = await this.database.q
      .insertInto('emails')
      .values({ environment_id: environmentId, state: 'pending', ...email })
      .onConflict((conflict) => conflict.columns(['environment_id', 'dedupe_key']).doNothing())
      .returning('id')
      .executeTakeFirst();
    return row !== undefined;
  }

  find(environmentId: string, id: string) {
    return this.database.q
      .selectFrom('emails')
      .select([...summary, 'reply_to', 'body'])
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .executeTakeFirst();
  }

  list(environmentId: string, page: PageRequest & { state?: 'pending' | 'sent' | 'failed' | undefined }) {
    let query = this.database.q
      .selectFrom('emails')
      .select(summary)
      .where('environment_id', '=', environmentId);
    if (page.state !== undefined) {
      query = query.where('state', '=', page.state);
    }
    return query.$call(newestFirst('id', page)).execute();
  }

  async settle(
    environmentId: string,
    id: string,
    outcome: { state: 'sent'; sent_at: Date; error: null } | { state: 'failed'; error: string },
  ): Promise<void> {
    await this.database.q
      .updateTable('emails')
      .set(outcome)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('state', '<>', 'sent')
      .execute();
  }

  /** Forgets the bodies and addresses of what was written before `before`. Returns how many. */
  async purge(before: Date, now: Date, rowsMax: number): Promise<number> {
    const { rows } = await sql<{ purged: number }>`
      select app.purge_emails(${before}, ${now}, ${rowsMax}) as purged
    `.execute(this.database.functions);
    return rows[0]?.purged ?? 0;
  }

  async settings(environmentId: string): Promise<EmailSettings> {
    const row = await this.database.q
      .selectFrom('email_settings')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .executeTakeFirst();
    return row ?? defaults;
  }

  async saveSettings(environmentId: string, settings: EmailSettings, now: Date): Promise<void> {
    await this.database.q
      .insertInto('email_settings')
      .values({ environment_id: environmentId, ...settings, updated_at: now })
      .onConflict((conflict) =>
        conflict.column('environment_id').doUpdateSet({ ...settings, updated_at: now }),
      )
      .execute();
  }

  async merchantName(environmentId: string): Promise<string> {
    const { name } = await this.database.q
      .selectFrom('environments as e')
      .innerJoin('merchants as m', 'm.id', 'e.merchant_id')
      .select('m.name')
      .where('e.id', '=', environmentId)
      .executeTakeFirstOrThrow();
    return name;
  }
}
