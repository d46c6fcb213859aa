import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';

const packColumns = [
  'id',
  'key',
  'name',
  'credits',
  'amount',
  'currency',
  'expires_after_days',
  'archived_at',
  'created_at',
] as const;

/** What is bought, and what is bought by itself. */
@Injectable()
export class PacksRepository {
  constructor(private readonly database: Database) {}

  async insert(
    environmentId: string,
    pack: {
      id: string;
      key: string;
      name: string;
      credits: string;
      amount: number;
      currency: string;
      expires_after_days: number | null;
      created_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('credit_packs')
      .values({ environment_id: environmentId, ...pack })
      .execute();
  }

  /** By key or id. */
  find(environmentId: string, reference: string) {
    return this.database.q
      .selectFrom('credit_packs')
      .select(packColumns)
      .where('environment_id', '=', environmentId)
      .where((eb) => eb.or([eb('key', '=', reference), eb('id', '=', reference)]))
      .executeTakeFirst();
  }

  list(environmentId: string, page: PageRequest & { archived: boolean }) {
    let query = this.database.q
      .selectFrom('credit_packs')
      .select(packColumns)
      .where('environment_id', '=', environmentId);
    if (!page.archived) {
      query = query.where('archived_at', 'is', null);
    }
    return query.$call(newestFirst('id', page)).execute();
  }

  async archive(environmentId: string, id: string, at: Date): Promise<void> {
    await this.database.q
      .updateTable('credit_packs')
      .set({ archived_at: at })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('archived_at', 'is', null)
      .execute();
  }

  findAuto(environmentId: string, customerId: string) {
    return this.database.q
      .selectFrom('credit_auto_top_ups')
      .select([
        'pack_id',
        'below',
        'amount_max_per_month',
        'times_max_per_hour',
        'enabled',
        'set_at',
        'stopped_reason',
      ])
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .executeTakeFirst();
  }

  async putAuto(
    environmentId: string,
    customerId: string,
    settings: {
      pack_id: string;
      below: string;
      amount_max_per_month: number;
      times_max_per_hour: number;
      enabled: boolean;
      set_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('credit_auto_top_ups')
      .values({ environment_id: environmentId, customer_id: customerId, ...settings })
      .onConflict((conflict) =>
        conflict
          .columns(['environment_id', 'customer_id'])
          .doUpdateSet({ ...settings, stopped_reason: null }),
      )
      .execute();
  }

  async updateAuto(
    environmentId: string,
    customerId: string,
    change: { enabled?: boolean; stopped_reason?: string; looked_at?: Date },
  ): Promise<void> {
    await this.database.q
      .updateTable('credit_auto_top_ups')
      .set(change)
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .execute();
  }

  /** Customers of all environments whose balance is too low. */
  async due(now: Date, rowsMax: number) {
    const { rows } = await sql<{ environment_id: string; customer_id: string }>`
      select * from app.due_auto_top_ups(${now}, ${rowsMax})`.execute(this.database.functions);
    return rows;
  }
}
