import { Injectable } from '@nestjs/common';
import type { Mode } from '../platform/auth/api-key.ts';
import { Database } from '../platform/database/database.ts';

const columns = [
  'id',
  'mode',
  'stripe_account_id',
  'charges_enabled',
  'payouts_enabled',
  'connected_at',
  'disconnected_at',
  'stripe_sequence',
  'lost_at',
  'replaces',
  'events_listed_until',
  'events_healed_at',
  'created_at',
] as const;

@Injectable()
export class AccountsRepository {
  constructor(private readonly database: Database) {}

  /** The account an environment uses now, if any. */
  find(environmentId: string) {
    return this.database.q
      .selectFrom('stripe_accounts')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where('disconnected_at', 'is', null)
      .executeTakeFirst();
  }

  /** The accounts it used before, the one it left last first. */
  former(environmentId: string) {
    return this.database.q
      .selectFrom('stripe_accounts')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where('disconnected_at', 'is not', null)
      .orderBy('disconnected_at', 'desc')
      .orderBy('id', 'desc')
      .execute();
  }

  lock(environmentId: string) {
    return this.database.q
      .selectFrom('stripe_accounts')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where('disconnected_at', 'is', null)
      .forUpdate()
      .executeTakeFirst();
  }

  async insert(
    environmentId: string,
    account: {
      id: string;
      mode: Mode;
      stripe_account_id: string;
      replaces: string | null;
      created_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('stripe_accounts')
      .values({ environment_id: environmentId, ...account })
      .execute();
  }

  async update(
    environmentId: string,
    id: string,
    change: {
      charges_enabled?: boolean;
      payouts_enabled?: boolean;
      connected_at?: Date | null;
      disconnected_at?: Date | null;
      disconnected_by?: 'merchant' | 'stripe' | null;
      stripe_sequence?: number;
      lost_at?: Date | null;
      replaces?: string | null;
      events_listed_until?: Date;
      events_healed_at?: Date;
    },
  ): Promise<void> {
    await this.database.q
      .updateTable('stripe_accounts')
      .set(change)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }
}
