import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../platform/database/database.ts';

const columns = [
  'id',
  'kind',
  'dedupe_key',
  'params',
  'state',
  'attempt',
  'stripe_object_id',
  'error',
  'created_at',
] as const;

@Injectable()
export class IntentsRepository {
  constructor(private readonly database: Database) {}

  /** Inserts an intent, unless there is one of this kind for this wish. True when it was inserted. */
  async insert(
    environmentId: string,
    intent: { id: string; kind: string; dedupe_key: string; params: string; created_at: Date },
  ): Promise<boolean> {
    const result = await this.database.q
      .insertInto('stripe_intents')
      .values({ environment_id: environmentId, state: 'pending', ...intent })
      .onConflict((conflict) => conflict.columns(['environment_id', 'kind', 'dedupe_key']).doNothing())
      .executeTakeFirst();
    return Number(result.numInsertedOrUpdatedRows ?? 0) === 1;
  }

  findByWish(environmentId: string, kind: string, dedupeKey: string) {
    return this.database.q
      .selectFrom('stripe_intents')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where('kind', '=', kind)
      .where('dedupe_key', '=', dedupeKey)
      .forUpdate()
      .executeTakeFirst();
  }

  find(environmentId: string, id: string) {
    return this.database.q
      .selectFrom('stripe_intents')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .executeTakeFirst();
  }

  lock(environmentId: string, id: string) {
    return this.database.q
      .selectFrom('stripe_intents')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
  }

  async update(
    environmentId: string,
    id: string,
    change: {
      state: 'pending' | 'succeeded' | 'failed';
      attempt?: number;
      params?: string;
      stripe_object_id?: string;
      error?: string | null;
      settled_at: Date | null;
    },
  ): Promise<void> {
    await this.database.q
      .updateTable('stripe_intents')
      .set(change)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  /** Sets everything that was settled aside, so that the same wish is a new one; what is pending is given up. */
  async setAside(environmentId: string, exceptKinds: string[], error: string, now: Date): Promise<void> {
    await this.database.q
      .updateTable('stripe_intents')
      .set((eb) => ({
        dedupe_key: sql<string>`dedupe_key || ' of before ' || id`,
        state: eb
          .case()
          .when('state', '=', 'pending')
          .then('failed' as const)
          .else(eb.ref('state'))
          .end(),
        error: eb.case().when('state', '=', 'pending').then(error).else(eb.ref('error')).end(),
        settled_at: eb.fn.coalesce('settled_at', eb.val(now)),
      }))
      .where('environment_id', '=', environmentId)
      .where('kind', 'not in', exceptKinds)
      .where('dedupe_key', 'not like', '% of before %')
      .execute();
  }
}
