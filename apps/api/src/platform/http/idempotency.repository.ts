import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';
import type { Json } from '../database/schema.gen.ts';

export interface IdempotentRequest {
  fingerprint: Buffer;
  state: 'started' | 'finished';
  locked_until: Date | null;
  response: Json | null;
}

@Injectable()
export class IdempotencyRepository {
  constructor(private readonly database: Database) {}

  /** Claims a key. False when somebody has it; a concurrent claim is waited for. */
  async claim(
    environmentId: string,
    claim: { key: string; fingerprint: Buffer; locked_until: Date | null; now: Date },
  ): Promise<boolean> {
    const inserted = await this.database.q
      .insertInto('request_idempotency')
      .values({
        environment_id: environmentId,
        key: claim.key,
        fingerprint: claim.fingerprint,
        state: 'started',
        locked_until: claim.locked_until,
        created_at: claim.now,
      })
      .onConflict((conflict) => conflict.columns(['environment_id', 'key']).doNothing())
      .executeTakeFirst();
    return Number(inserted.numInsertedOrUpdatedRows ?? 0) === 1;
  }

  find(environmentId: string, key: string): Promise<IdempotentRequest | undefined> {
    return this.database.q
      .selectFrom('request_idempotency')
      .select(['fingerprint', 'state', 'locked_until', 'response'])
      .where('environment_id', '=', environmentId)
      .where('key', '=', key)
      .forUpdate()
      .executeTakeFirst();
  }

  async extend(environmentId: string, key: string, lockedUntil: Date): Promise<void> {
    await this.database.q
      .updateTable('request_idempotency')
      .set({ locked_until: lockedUntil })
      .where('environment_id', '=', environmentId)
      .where('key', '=', key)
      .execute();
  }

  async finish(
    environmentId: string,
    key: string,
    answer: { status: number; response: string | null },
  ): Promise<void> {
    await this.database.q
      .updateTable('request_idempotency')
      .set({ state: 'finished', locked_until: null, status: answer.status, response: answer.response })
      .where('environment_id', '=', environmentId)
      .where('key', '=', key)
      .execute();
  }

  async release(environmentId: string, key: string): Promise<void> {
    await this.database.q
      .deleteFrom('request_idempotency')
      .where('environment_id', '=', environmentId)
      .where('key', '=', key)
      .where('state', '=', 'started')
      .execute();
  }
}
