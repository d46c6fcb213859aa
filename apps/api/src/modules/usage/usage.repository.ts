import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Env } from '../../env.ts';
import { Database } from '../../platform/database/database.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import type { UsageSettings } from './usage-settings.schemas.ts';
import { recordArguments, recordedFrom, type RecordRow } from './record-usage.ts';
import type { NewEvent, RecordedEvent, RecordedTotal } from './usage-event.ts';

export interface DueForward {
  environment_id: string;
  id: string;
  customer_id: string;
  meter_id: string;
  stripe_customer_id: string;
  meter_key: string;
  bucket: Date;
  quantity: string;
  absolute: boolean;
  first_attempt_at: Date;
  /** This one included. */
  attempts: number;
  /** Its period is over: Stripe may have billed it. */
  is_past: boolean;
}

export interface RejectedEvent {
  environment_id: string;
  id: string;
  idempotency_key: string | null;
  customer: string | null;
  meter: string | null;
  value: number | null;
  code: string;
  reason: string;
}

/** Some of the events only. */
export interface Slice {
  meter?: string | undefined;
  customer?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}

type Corrected = Omit<RecordedTotal, 'environment_id'> & RecordedEvent;

export interface Retracted extends Omit<Corrected, 'outcome'> {
  outcome: 'accepted' | 'duplicate' | 'conflict' | 'no_event' | 'additive' | 'uncounted' | 'closed';
}

@Injectable()
export class UsageRepository {
  constructor(
    private readonly database: Database,
    private readonly env: Env,
  ) {}

  /** Records events of any environments in one statement (`app.record_usage` says what it does). */
  async record(
    events: readonly NewEvent[],
    forwardSeconds: number,
    now: Date,
  ): Promise<{ answers: RecordedEvent[]; totals: RecordedTotal[] }> {
    const { targets, columns } = recordArguments(events);
    const { rows } = await sql<RecordRow>`
      select r.*, pg_current_xact_id_if_assigned()::text::bigint as recorded_in
      from app.record_usage(
        ${targets.environments}, ${targets.customers}, ${targets.meters},
        ${columns.targets}, ${columns.keys}, ${columns.fingerprints}, ${columns.ids}, ${columns.values},
        ${columns.occurred_at}, ${columns.properties}, ${forwardSeconds}, ${now}) r
    `.execute(this.database.functions);
    return recordedFrom(events, rows);
  }

  /** Records a correction (`app.correct_usage` says what becomes of it). */
  async correct(
    environmentId: string,
    wish: {
      id: string;
      forward_id: string;
      idempotency_key: string;
      fingerprint: Buffer;
      customer: string;
      meter: string;
      value: number;
      reason: string;
      occurred_at: Date;
      now: Date;
    },
  ): Promise<Corrected> {
    const { rows } = await sql<Corrected>`
      select r.*, pg_current_xact_id_if_assigned()::text::bigint as recorded_in
      from app.correct_usage(
        ${environmentId}, ${wish.idempotency_key}, ${wish.fingerprint}, ${wish.id}, ${wish.customer}, ${wish.meter},
        ${wish.value}::numeric, ${wish.reason}, ${wish.occurred_at}, ${wish.forward_id},
        ${this.env.get('USAGE_FORWARD_SECONDS')}, ${wish.now}) r
    `.execute(this.database.functions);
    const [recorded] = rows;
    if (recorded === undefined) {
      throw new Error('A correction was left without an answer.');
    }
    return recorded;
  }

  /** Takes an event back (`app.retract_usage` says when not). */
  async retract(
    environmentId: string,
    wish: {
      id: string;
      forward_id: string;
      idempotency_key: string;
      fingerprint: Buffer;
      event: string;
      reason: string;
      now: Date;
    },
  ): Promise<Retracted> {
    const { rows } = await sql<Retracted>`
      select r.*, pg_current_xact_id_if_assigned()::text::bigint as recorded_in
      from app.retract_usage(
        ${environmentId}, ${wish.idempotency_key}, ${wish.fingerprint}, ${wish.id}, ${wish.event}, ${wish.reason},
        ${wish.forward_id}, ${this.env.get('USAGE_FORWARD_SECONDS')}, ${wish.now}) r
    `.execute(this.database.functions);
    const [recorded] = rows;
    if (recorded === undefined) {
      throw new Error('A retraction was left without an answer.');
    }
    return recorded;
  }

  async noteRejected(events: readonly RejectedEvent[], keep: number, now: Date): Promise<void> {
    const column = <K extends keyof RejectedEvent>(name: K): RejectedEvent[K][] =>
      events.map((event) => event[name]);
    await sql`select app.note_rejected_usage(
      ${column('environment_id')}::text[], ${column('id')}::text[], ${column('idempotency_key')}::text[],
      ${column('customer')}::text[], ${column('meter')}::text[], ${column('value')}::numeric[],
      ${column('code')}::text[], ${column('reason')}::text[], ${keep}, ${now})`.execute(
      this.database.functions,
    );
  }

  /** Recorded events of a kind, the newest first. */
  listEvents(
    environmentId: string,
    filter: PageRequest & Slice & { status: 'accepted' | 'late' | 'corrected' | 'uncounted' },
  ) {
    let query = this.database.q
      .selectFrom('usage_events as e')
      .innerJoin('meters as m', (join) =>
        join.onRef('m.environment_id', '=', 'e.environment_id').onRef('m.id', '=', 'e.meter_id'),
      )
      .innerJoin('customers as c', (join) =>
        join.onRef('c.environment_id', '=', 'e.environment_id').onRef('c.id', '=', 'e.customer_id'),
      )
      .select([
        'e.id',
        'e.kind',
        'e.late',
        'e.idempotency_key',
        'e.customer_id',
        'c.external_id',
        'm.key as meter',
        'e.value',
        'e.occurred_at',
        'e.received_at',
        'e.period_start',
        'e.reason',
        'e.uncounted',
        'e.properties',
        'm.property',
      ])
      .where('e.environment_id', '=', environmentId);
    if (filter.status === 'late') {
      query = query.where('e.late', '=', true);
    }
    if (filter.status === 'corrected') {
      query = query.where('e.kind', '=', 'correction');
    }
    if (filter.status === 'uncounted') {
      query = query.where('e.uncounted', 'is not', null);
    }
    if (filter.meter !== undefined) {
      query = query.where('m.key', '=', filter.meter);
    }
    if (filter.customer !== undefined) {
      query = query.where('e.customer_id', '=', filter.customer);
    }
    if (filter.from !== undefined) {
      query = query.where('e.occurred_at', '>=', filter.from);
    }
    if (filter.to !== undefined) {
      query = query.where('e.occurred_at', '<', filter.to);
    }
    if (filter.cursor !== undefined) {
      query = query.where('e.id', '<', filter.cursor);
    }
    return query
      .orderBy('e.id', 'desc')
      .limit(filter.limit + 1)
      .execute();
  }

  listRejected(environmentId: string, filter: PageRequest & Slice) {
    let query = this.database.q
      .selectFrom('usage_rejections')
      .selectAll()
      .where('environment_id', '=', environmentId);
    if (filter.meter !== undefined) {
      query = query.where('meter', '=', filter.meter);
    }
    if (filter.customer !== undefined) {
      query = query.where('customer', '=', filter.customer);
    }
    if (filter.from !== undefined) {
      query = query.where('received_at', '>=', filter.from);
    }
    if (filter.to !== undefined) {
      query = query.where('received_at', '<', filter.to);
    }
    if (filter.cursor !== undefined) {
      query = query.where('id', '<', filter.cursor);
    }
    return query
      .orderBy('id', 'desc')
      .limit(filter.limit + 1)
      .execute();
  }

  async settings(environmentId: string): Promise<UsageSettings> {
    return this.database.q
      .selectFrom('environments')
      .select(['usage_grace_minutes as grace_minutes', 'usage_creates_customers as creates_customers'])
      .where('id', '=', environmentId)
      .executeTakeFirstOrThrow();
  }

  async saveSettings(environmentId: string, settings: UsageSettings): Promise<void> {
    await this.database.q
      .updateTable('environments')
      .set({
        usage_grace_minutes: settings.grace_minutes,
        usage_creates_customers: settings.creates_customers,
      })
      .where('id', '=', environmentId)
      .execute();
  }

  /** Drops months of events whose totals are frozen, the distinct values of those, and keys too old to be repeated. */
  async dropOld(before: Date, keysBefore: Date, now: Date): Promise<void> {
    await sql`select app.drop_old_usage(${before}, ${keysBefore}, ${now})`.execute(this.database.functions);
    await sql`select app.forget_unique_values(50000)`.execute(this.database.functions);
  }

  async ensurePartitions(now: Date): Promise<void> {
    await sql`select app.ensure_usage_partitions(${now})`.execute(this.database.functions);
  }

  /** Takes what is due for Stripe's meters, of all environments. `restIds`, two for each, name what is left over. */
  async claimForwards(now: Date, leaseSeconds: number, restIds: string[]): Promise<DueForward[]> {
    const { rows } = await sql<DueForward>`
      select * from app.claim_usage_forwards(
        ${now}, make_interval(secs => ${leaseSeconds}), ${restIds.length / 2}, ${restIds}::text[])
    `.execute(this.database.functions);
    return rows;
  }

  async updateForward(
    environmentId: string,
    id: string,
    change:
      | { state: 'sent'; sent_at: Date; error: null }
      | { state: 'needs_reconcile'; error: string }
      | { first_attempt_at: null; attempts: number; due_at: Date }
      | { due_at: Date; error: string },
  ): Promise<void> {
    await this.database.q
      .updateTable('usage_forwards')
      .set(change)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('state', '=', 'sending')
      .execute();
  }

  listRecords(
    environmentId: string,
    filter: PageRequest & { customer_id?: string | undefined; meter?: string | undefined },
  ) {
    // A record is identified by what it counts; the list needs one key to page by.
    const id = sql<string>`to_char(r.period_start at time zone 'UTC', 'YYYYMMDD"T"HH24MISS') || '.' || r.customer_id || '.' || r.meter_id`;
    let query = this.database.q
      .selectFrom('usage_records as r')
      .innerJoin('customers as c', (join) =>
        join.onRef('c.environment_id', '=', 'r.environment_id').onRef('c.id', '=', 'r.customer_id'),
      )
      .innerJoin('meters as m', (join) =>
        join.onRef('m.environment_id', '=', 'r.environment_id').onRef('m.id', '=', 'r.meter_id'),
      )
      .select([
        id.as('id'),
        'r.customer_id',
        'c.external_id',
        'm.key as meter',
        'r.period_start',
        'r.period_end',
        'r.value',
        'r.event_count',
        'r.updated_at',
      ])
      .where('r.environment_id', '=', environmentId);
    if (filter.customer_id !== undefined) {
      query = query.where('r.customer_id', '=', filter.customer_id);
    }
    if (filter.meter !== undefined) {
      query = query.where('m.key', '=', filter.meter);
    }
    if (filter.cursor !== undefined) {
      query = query.where(id, '<', filter.cursor);
    }
    return query
      .orderBy(id, 'desc')
      .limit(filter.limit + 1)
      .execute();
  }

  /** Events per day that had any. */
  eventsByDay(environmentId: string, from: Date) {
    const date = sql<string>`to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD')`;
    return this.database.q
      .selectFrom('usage_events')
      .select((eb) => [date.as('date'), eb.fn.countAll<number>().as('events')])
      .where('environment_id', '=', environmentId)
      .where('occurred_at', '>=', from)
      .groupBy(date)
      .execute();
  }
}
