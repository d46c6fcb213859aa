import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import type { RecoverySettings } from './recovery.ts';
import type { lostReasons, recoveryStates } from './recovery.schemas.ts';

type State = (typeof recoveryStates)[number];

/** What the table's defaults say. */
const defaults: RecoverySettings = {
  owner: 'billingos',
  retry_days: [3, 6, 10],
  grace_days: null,
  final_action: 'cancel',
  survey: true,
};

export interface RecoveryChange {
  state?: State;
  owner?: 'billingos' | 'stripe';
  recovered_amount?: number;
  failures?: number;
  attempts?: number;
  attempt_began_at?: Date | null;
  attempt_began_count?: number | null;
  decline_code?: string | null;
  is_hard_decline?: boolean;
  failed_payment_method?: string | null;
  tried_payment_method?: string | null;
  next_attempt_at?: Date | null;
  announced_attempt_at?: Date | null;
  suspended_at?: Date | null;
  final_action?: 'cancel' | 'pause' | 'keep' | null;
  due_at?: Date | null;
  ended_at?: Date | null;
}

@Injectable()
export class RecoveryRepository {
  constructor(private readonly database: Database) {}

  findByInvoice(environmentId: string, invoiceId: string) {
    return this.select(environmentId).where('r.invoice_id', '=', invoiceId).executeTakeFirst();
  }

  find(environmentId: string, id: string) {
    return this.select(environmentId).where('r.id', '=', id).executeTakeFirst();
  }

  list(environmentId: string, page: PageRequest & { state?: State | undefined }) {
    let query = this.select(environmentId);
    if (page.state !== undefined) {
      query = query.where('r.state', '=', page.state);
    }
    return query.$call(newestFirst('r.id', page)).execute();
  }

  /** The invoices of a customer that are being recovered. */
  async recoveringInvoices(environmentId: string, customerId: string): Promise<string[]> {
    const rows = await this.database.q
      .selectFrom('recoveries')
      .select('invoice_id')
      .where('environment_id', '=', environmentId)
      .where('customer_id', '=', customerId)
      .where('state', '=', 'recovering')
      .orderBy('id')
      .execute();
    return rows.map((row) => row.invoice_id);
  }

  /** False when the invoice has a recovery already. */
  async insert(
    environmentId: string,
    recovery: {
      id: string;
      invoice_id: string;
      customer_id: string;
      subscription_id: string;
      owner: 'billingos' | 'stripe';
      currency: string;
      amount: number;
      failures: number;
      decline_code: string | null;
      is_hard_decline: boolean;
      failed_payment_method: string | null;
      next_attempt_at: Date | null;
      announced_attempt_at: Date | null;
      due_at: Date;
      first_failed_at: Date;
      created_at: Date;
    },
  ): Promise<boolean> {
    const row = await this.database.q
      .insertInto('recoveries')
      .values({
        environment_id: environmentId,
        state: 'recovering',
        updated_at: recovery.created_at,
        ...recovery,
      })
      .onConflict((conflict) => conflict.columns(['environment_id', 'invoice_id']).doNothing())
      .returning('id')
      .executeTakeFirst();
    return row !== undefined;
  }

  /** False when somebody changed it since `version` was read: what was decided may not hold any more. */
  async update(
    environmentId: string,
    id: string,
    version: number,
    change: RecoveryChange,
    now: Date,
  ): Promise<boolean> {
    const row = await this.database.q
      .updateTable('recoveries')
      .set((eb) => ({ ...change, updated_at: now, version: eb('version', '+', 1) }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('version', '=', version)
      .returning('id')
      .executeTakeFirst();
    return row !== undefined;
  }

  /** When to look again. Decides nothing, so it counts for no new version. */
  async setDue(environmentId: string, id: string, dueAt: Date | null): Promise<void> {
    await this.database.q
      .updateTable('recoveries')
      .set({ due_at: dueAt })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('state', '=', 'recovering')
      .execute();
  }

  /** Takes recoveries of all environments that are due for a look. */
  async claim(now: Date, leaseSeconds: number, rowsMax: number) {
    const { rows } = await sql<{ environment_id: string; invoice_id: string }>`
      select * from app.claim_recoveries(${now}, make_interval(secs => ${leaseSeconds}), ${rowsMax})
    `.execute(this.database.functions);
    return rows;
  }

  /** Invoices of all environments whose payment failed and that no recovery looks after. */
  async unattended(rowsMax: number) {
    const { rows } = await sql<{ environment_id: string; invoice_id: string }>`
      select * from app.invoices_to_recover(${rowsMax})
    `.execute(this.database.functions);
    return rows;
  }

  async settings(environmentId: string): Promise<RecoverySettings> {
    const row = await this.database.q
      .selectFrom('recovery_settings')
      .select(['owner', 'retry_days', 'grace_days', 'final_action', 'survey'])
      .where('environment_id', '=', environmentId)
      .executeTakeFirst();
    return row ?? defaults;
  }

  async saveSettings(environmentId: string, settings: RecoverySettings, now: Date): Promise<void> {
    const row = { ...settings, updated_at: now };
    await this.database.q
      .insertInto('recovery_settings')
      .values({ environment_id: environmentId, ...row })
      .onConflict((conflict) => conflict.column('environment_id').doUpdateSet(row))
      .execute();
  }

  summary(environmentId: string, since: Date) {
    return this.database.q
      .selectFrom('recoveries')
      .select((eb) => [
        'currency',
        eb.fn.countAll<number>().filterWhere('state', '=', 'recovering').as('recovering'),
        sum(sql`amount`, sql`state = 'recovering'`).as('open'),
        eb.fn
          .countAll<number>()
          .filterWhere('state', '=', 'recovered')
          .filterWhere('ended_at', '>', since)
          .as('recovered_count'),
        sum(sql`recovered_amount`, sql`state = 'recovered' and ended_at > ${since}`).as('recovered'),
        eb.fn
          .countAll<number>()
          .filterWhere('state', 'in', ['failed', 'stopped'])
          .filterWhere('ended_at', '>', since)
          .as('lost_count'),
        sum(sql`amount`, sql`state in ('failed', 'stopped') and ended_at > ${since}`).as('lost'),
      ])
      .where('environment_id', '=', environmentId)
      .groupBy('currency')
      .orderBy('currency')
      .execute();
  }

  winBacks(environmentId: string, recoveryIds: string[]) {
    return this.database.q
      .selectFrom('win_backs')
      .select(['recovery_id', 'reason', 'comment', 'would_return', 'created_at as answered_at'])
      .where('environment_id', '=', environmentId)
      .where('recovery_id', 'in', atLeastOne(recoveryIds))
      .execute();
  }

  /** False when it was answered before. */
  async insertWinBack(
    environmentId: string,
    answer: {
      recovery_id: string;
      reason: (typeof lostReasons)[number];
      comment: string | null;
      would_return: boolean | null;
      created_at: Date;
    },
  ): Promise<boolean> {
    const row = await this.database.q
      .insertInto('win_backs')
      .values({ environment_id: environmentId, ...answer })
      .onConflict((conflict) => conflict.columns(['environment_id', 'recovery_id']).doNothing())
      .returning('recovery_id')
      .executeTakeFirst();
    return row !== undefined;
  }

  private select(environmentId: string) {
    return this.database.q
      .selectFrom('recoveries as r')
      .innerJoin('customers as c', (join) =>
        join.onRef('c.environment_id', '=', 'r.environment_id').onRef('c.id', '=', 'r.customer_id'),
      )
      .selectAll('r')
      .select([
        'c.external_id as customer_external_id',
        'c.name as customer_name',
        'c.email as customer_email',
        'c.stripe_customer_id',
      ])
      .where('r.environment_id', '=', environmentId);
  }
}

function sum(what: ReturnType<typeof sql>, where: ReturnType<typeof sql>) {
  return sql<number>`coalesce(sum(${what}) filter (where ${where}), 0)::bigint`;
}
