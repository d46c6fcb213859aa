import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import type { Mode } from '../../platform/auth/api-key.ts';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';

export type WebhookEventState = 'received' | 'processed' | 'failed' | 'ignored';

const columns = [
  'id',
  'stripe_event_id',
  'stripe_account_id',
  'type',
  'payload',
  'state',
  'attempts',
  'error',
  'received_at',
  'processed_at',
] as const;

@Injectable()
export class WebhooksRepository {
  constructor(private readonly database: Database) {}

  /** Stores a verified event with its job. Undefined: no environment of the mode has that account. */
  async receive(event: {
    mode: Mode;
    account: string;
    id: string;
    job_id: string;
    stripe_event_id: string;
    type: string;
    payload: string;
    now: Date;
  }): Promise<{ environment_id: string; created: boolean } | undefined> {
    const { rows } = await sql<{ environment_id: string; created: boolean }>`
      select * from app.receive_stripe_event(
        ${event.mode}, ${event.account}, ${event.id}, ${event.job_id}, ${event.stripe_event_id}, ${event.type},
        ${event.payload}::jsonb, ${event.now})
    `.execute(this.database.functions);
    return rows[0];
  }

  /** Environments whose events are to be listed now. */
  async claimListings(now: Date, everySeconds: number, rowsMax: number): Promise<string[]> {
    const { rows } = await sql<{ environment_id: string }>`
      select * from app.claim_event_listings(${now}, make_interval(secs => ${everySeconds}), ${rowsMax})
    `.execute(this.database.functions);
    return rows.map((row) => row.environment_id);
  }

  /** Of these events of Stripe those that are in the inbox. */
  async known(environmentId: string, stripeEventIds: string[]): Promise<Set<string>> {
    const rows = await this.database.q
      .selectFrom('webhook_events')
      .select('stripe_event_id')
      .where('environment_id', '=', environmentId)
      .where('stripe_event_id', 'in', atLeastOne(stripeEventIds))
      .execute();
    return new Set(rows.map((row) => row.stripe_event_id));
  }

  /** Of these events of Stripe those that a handler was done with before a time. */
  async processedBefore(environmentId: string, stripeEventIds: string[], time: Date): Promise<Set<string>> {
    const rows = await this.database.q
      .selectFrom('webhook_events')
      .select('stripe_event_id')
      .where('environment_id', '=', environmentId)
      .where('stripe_event_id', 'in', atLeastOne(stripeEventIds))
      .where('state', '=', 'processed')
      .where('processed_at', '<', time)
      .execute();
    return new Set(rows.map((row) => row.stripe_event_id));
  }

  find(environmentId: string, id: string) {
    return this.database.q
      .selectFrom('webhook_events')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .executeTakeFirst();
  }

  list(environmentId: string, page: PageRequest & { state?: WebhookEventState | undefined }) {
    let query = this.database.q
      .selectFrom('webhook_events')
      .select(columns)
      .where('environment_id', '=', environmentId);
    if (page.state !== undefined) {
      query = query.where('state', '=', page.state);
    }
    return query.$call(newestFirst('id', page)).execute();
  }

  /** Notes what became of an attempt to process an event. */
  async settle(
    environmentId: string,
    id: string,
    outcome: { state: WebhookEventState; error: string | null; processed_at: Date | null },
  ): Promise<void> {
    await this.database.q
      .updateTable('webhook_events')
      .set((eb) => ({ ...outcome, attempts: eb('attempts', '+', 1) }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  async reopen(environmentId: string, id: string): Promise<void> {
    await this.database.q
      .updateTable('webhook_events')
      .set({ state: 'received', error: null, processed_at: null })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }
}
