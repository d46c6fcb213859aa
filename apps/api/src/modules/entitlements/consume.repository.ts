import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Env } from '../../env.ts';
import { Database } from '../../platform/database/database.ts';
import type { RecordedTotal } from '../usage/usage-event.ts';
import type { DenialReason } from './check.ts';
import { type Snapshot, snapshotSchema } from './snapshot.ts';

/** `spend_unchecked`: it is under a spend cap, and was not asked while holding `lockSpend`. */
type Admission = 'allowed' | 'not_summed' | 'spend_unchecked' | DenialReason;
type Total = Omit<RecordedTotal, 'environment_id'>;

export interface Consumed extends Total {
  outcome: Admission | 'duplicate' | 'conflict';
  snapshot: Snapshot;
  event_id: string | null;
}

export interface Settled extends Total {
  outcome: 'settled' | 'repeated' | 'other' | 'expired' | 'too_many' | 'not_found';
  event_id: string | null;
  customer_id: string | null;
  version: number | null;
}

interface NewIds {
  event_id: string;
  new_customer_id: string;
  forward_id: string;
}

export interface ConsumeWish extends NewIds {
  reference: string;
  feature: string;
  quantity: number;
  key: string;
  fingerprint: Buffer;
  properties: string | null;
  now: Date;
}

export interface ReserveWish {
  id: string;
  new_customer_id: string;
  reference: string;
  feature: string;
  quantity: number;
  expires_at: Date;
  now: Date;
}

export interface Reserved {
  outcome: Admission;
  snapshot: Snapshot;
  version: number | null;
}

/** Each in one statement: the files of `supabase/routines/entitlements` say what they do. */
@Injectable()
export class ConsumeRepository {
  constructor(
    private readonly database: Database,
    private readonly env: Env,
  ) {}

  /**
   * What the customer may do, in the open transaction: until it ends, nobody else takes or holds what is under a spend
   * cap of theirs, and this transaction may.
   */
  async lockSpend(environmentId: string, reference: string, now: Date): Promise<Snapshot> {
    const { rows } = await sql<{ snapshot: unknown }>`
      select app.lock_spend(${environmentId}, ${reference}, ${now}) as snapshot
    `.execute(this.database.q);
    return snapshotSchema.parse(rows[0]?.snapshot);
  }

  async consume(environmentId: string, wish: ConsumeWish): Promise<Consumed> {
    const { rows } = await sql<Consumed>`
      select r.*, pg_current_xact_id_if_assigned()::text::bigint as recorded_in
      from app.consume_usage(
        ${environmentId}, ${wish.reference}, ${wish.feature}, ${wish.quantity}::numeric, ${wish.key},
        ${wish.fingerprint}, ${wish.event_id}, ${wish.new_customer_id}, ${wish.forward_id},
        ${wish.properties}::jsonb, ${this.env.get('USAGE_FORWARD_SECONDS')}, ${wish.now}) r
    `.execute(this.database.functions);
    const [consumed] = rows;
    if (consumed === undefined) {
      throw new Error('A consumption was left without an answer.');
    }
    return { ...consumed, snapshot: snapshotSchema.parse(consumed.snapshot) };
  }

  async reserve(environmentId: string, wish: ReserveWish): Promise<Reserved> {
    const { rows } = await sql<{ outcome: Admission; snapshot: unknown; version: number | null }>`
      select * from app.reserve_usage(
        ${environmentId}, ${wish.reference}, ${wish.feature}, ${wish.quantity}::numeric, ${wish.id},
        ${wish.new_customer_id}, ${wish.expires_at}, ${wish.now})
    `.execute(this.database.functions);
    const [reserved] = rows;
    if (reserved === undefined) {
      throw new Error('A reservation was left without an answer.');
    }
    return { ...reserved, snapshot: snapshotSchema.parse(reserved.snapshot) };
  }

  /** Confirms `quantity` of what is held, or, with null, gives all of it back. */
  async settle(
    environmentId: string,
    reservationId: string,
    quantity: number | null,
    ids: NewIds,
    now: Date,
  ): Promise<Settled> {
    const { rows } = await sql<Settled>`
      select r.*, pg_current_xact_id_if_assigned()::text::bigint as recorded_in
      from app.settle_reservation(
        ${environmentId}, ${reservationId}, ${quantity}::numeric, ${ids.event_id}, ${ids.new_customer_id},
        ${ids.forward_id}, ${this.env.get('USAGE_FORWARD_SECONDS')}, ${now}) r
    `.execute(this.database.functions);
    const [settled] = rows;
    if (settled === undefined) {
      throw new Error('A reservation was left without an answer.');
    }
    return settled;
  }
}
