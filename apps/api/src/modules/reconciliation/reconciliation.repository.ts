import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import type { Found } from './phase.ts';

const runColumns = [
  'id',
  'trigger',
  'state',
  'phase',
  'cursor',
  'compared_since',
  'checked',
  'found',
  'repaired',
  'requests',
  'error',
  'started_at',
  'progressed_at',
  'finished_at',
] as const;

const discrepancyColumns = [
  'id',
  'run_id',
  'kind',
  'cause',
  'object_id',
  'stripe_object_id',
  'before',
  'after',
  'note',
  'found_at',
  'repaired_at',
] as const;

@Injectable()
export class ReconciliationRepository {
  constructor(private readonly database: Database) {}

  /** Environments whose turn it is. */
  async due(now: Date, everySeconds: number, stuckSeconds: number, rowsMax: number): Promise<string[]> {
    const { rows } = await sql<{ environment_id: string }>`
      select * from app.due_reconciliations(
        ${now}, make_interval(secs => ${everySeconds}), make_interval(secs => ${stuckSeconds}), ${rowsMax})
    `.execute(this.database.functions);
    return rows.map((row) => row.environment_id);
  }

  /** Begins a run, unless one is under way. True when it began. */
  async insert(
    environmentId: string,
    run: {
      id: string;
      trigger: 'schedule' | 'manual' | 'connected';
      phase: string;
      compared_since: Date | null;
      started_at: Date;
    },
  ): Promise<boolean> {
    const result = await this.database.q
      .insertInto('reconciliation_runs')
      .values({ environment_id: environmentId, state: 'running', progressed_at: run.started_at, ...run })
      .onConflict((conflict) => conflict.column('environment_id').where('state', '=', 'running').doNothing())
      .executeTakeFirst();
    return Number(result.numInsertedOrUpdatedRows ?? 0) === 1;
  }

  find(environmentId: string, id: string) {
    return this.selectRuns(environmentId).where('id', '=', id).executeTakeFirst();
  }

  findRunning(environmentId: string) {
    return this.selectRuns(environmentId).where('state', '=', 'running').forUpdate().executeTakeFirst();
  }

  lastDone(environmentId: string) {
    return this.selectRuns(environmentId)
      .where('state', '=', 'done')
      .orderBy('started_at', 'desc')
      .limit(1)
      .executeTakeFirst();
  }

  list(environmentId: string, page: PageRequest) {
    return this.selectRuns(environmentId).$call(newestFirst('id', page)).execute();
  }

  /** Goes on to a place, if the run is still where it was thought to be. False: somebody else goes on with it. */
  async progress(
    environmentId: string,
    run: { id: string; phase: string; cursor: string | null },
    change: {
      phase: string;
      cursor: string | null;
      checked: string;
      requests: number;
      progressed_at: Date;
    },
  ): Promise<boolean> {
    const { requests, ...rest } = change;
    const result = await this.database.q
      .updateTable('reconciliation_runs')
      .set((eb) => ({ ...rest, requests: eb('requests', '+', requests) }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', run.id)
      .where('state', '=', 'running')
      .where('phase', '=', run.phase)
      .where('cursor', 'is not distinct from', run.cursor)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  }

  /** Ends a run and counts what it found. */
  async finish(
    environmentId: string,
    id: string,
    end: { state: 'done' | 'failed'; error: string | null; finished_at: Date },
  ): Promise<void> {
    await this.database.q
      .updateTable('reconciliation_runs')
      .set((eb) => ({
        ...end,
        found: eb
          .selectFrom('discrepancies')
          .select((inner) => inner.fn.countAll<number>().as('found'))
          .where('environment_id', '=', environmentId)
          .where('run_id', '=', id),
        repaired: eb
          .selectFrom('discrepancies')
          .select((inner) => inner.fn.count<number>('repaired_at').as('repaired'))
          .where('environment_id', '=', environmentId)
          .where('run_id', '=', id),
      }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
    await this.database.q
      .deleteFrom('reconciliation_seen')
      .where('environment_id', '=', environmentId)
      .where('run_id', '=', id)
      .execute();
  }

  /** Notes what Stripe listed. */
  async see(environmentId: string, runId: string, stripeIds: string[]): Promise<void> {
    if (stripeIds.length > 0) {
      await this.database.q
        .insertInto('reconciliation_seen')
        .values(stripeIds.map((id) => ({ environment_id: environmentId, run_id: runId, stripe_id: id })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  }

  /** Of these, what Stripe did not list in the run. */
  async unseen(environmentId: string, runId: string, stripeIds: string[]): Promise<Set<string>> {
    const seen = await this.database.q
      .selectFrom('reconciliation_seen')
      .select('stripe_id')
      .where('environment_id', '=', environmentId)
      .where('run_id', '=', runId)
      .where('stripe_id', 'in', atLeastOne(stripeIds))
      .execute();
    const listed = new Set(seen.map((row) => row.stripe_id));
    return new Set(stripeIds.filter((id) => !listed.has(id)));
  }

  /** Notes a discrepancy; one that the run found before a crash is the same one. Returns its id. */
  async note(environmentId: string, runId: string, id: string, found: Found, now: Date): Promise<string> {
    const row = await this.database.q
      .insertInto('discrepancies')
      .values({
        environment_id: environmentId,
        run_id: runId,
        id,
        kind: found.kind,
        cause: found.cause,
        object_id: found.object_id,
        stripe_object_id: found.stripe_object_id,
        before: JSON.stringify(found.before),
        after: JSON.stringify(found.after),
        found_at: now,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['environment_id', 'run_id', 'kind', 'object_id', 'stripe_object_id'])
          .doUpdateSet((eb) => ({ run_id: eb.ref('excluded.run_id') })),
      )
      .returning('id')
      .executeTakeFirstOrThrow();
    return row.id;
  }

  async settle(
    environmentId: string,
    id: string,
    outcome: { repaired_at: Date | null; note: string | null },
  ): Promise<void> {
    await this.database.q
      .updateTable('discrepancies')
      .set(outcome)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  /** Settles what runs found of a customer and meter, and could not repair. */
  async settleMeter(
    environmentId: string,
    objectId: string,
    outcome: { repaired_at: Date; note: string },
  ): Promise<void> {
    await this.database.q
      .updateTable('discrepancies')
      .set(outcome)
      .where('environment_id', '=', environmentId)
      .where('kind', '=', 'meter')
      .where('object_id', '=', objectId)
      .where('repaired_at', 'is', null)
      .execute();
  }

  /** In the open transaction, locking it until that ends. */
  findDiscrepancy(environmentId: string, id: string) {
    return this.database.q
      .selectFrom('discrepancies')
      .select(discrepancyColumns)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
  }

  discrepancies(environmentId: string, page: PageRequest & { run?: string | undefined }) {
    let query = this.database.q
      .selectFrom('discrepancies')
      .select(discrepancyColumns)
      .where('environment_id', '=', environmentId);
    if (page.run !== undefined) {
      query = query.where('run_id', '=', page.run);
    }
    return query.$call(newestFirst('id', page)).execute();
  }

  private selectRuns(environmentId: string) {
    return this.database.q
      .selectFrom('reconciliation_runs')
      .select(runColumns)
      .where('environment_id', '=', environmentId);
  }
}
