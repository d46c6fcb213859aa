import { Injectable } from '@nestjs/common';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import type { groupings, itemKinds, outcomes } from './stripe-import.schemas.ts';

export type Phase = 'products' | 'customers' | 'subscriptions' | 'done';

export interface NewItem {
  kind: (typeof itemKinds)[number];
  stripe_id: string;
  outcome: (typeof outcomes)[number];
  object_id: string | null;
  reason: string | null;
}

const columns = [
  'id',
  'dry_run',
  'groups',
  'state',
  'phase',
  'cursor',
  'error',
  'started_at',
  'progressed_at',
  'finished_at',
] as const;

@Injectable()
export class StripeImportRepository {
  constructor(private readonly database: Database) {}

  async insert(
    environmentId: string,
    run: { id: string; dry_run: boolean; groups: (typeof groupings)[number]; started_at: Date },
  ): Promise<void> {
    await this.database.q
      .insertInto('stripe_imports')
      .values({
        environment_id: environmentId,
        state: 'running',
        phase: 'products',
        progressed_at: run.started_at,
        ...run,
      })
      .execute();
  }

  find(environmentId: string, id: string) {
    return this.select(environmentId).where('id', '=', id).executeTakeFirst();
  }

  findRunning(environmentId: string) {
    return this.select(environmentId).where('state', '=', 'running').executeTakeFirst();
  }

  list(environmentId: string, page: PageRequest) {
    return this.select(environmentId).$call(newestFirst('id', page)).execute();
  }

  async update(
    environmentId: string,
    id: string,
    change: {
      phase?: Phase;
      cursor?: string | null;
      state?: 'done' | 'failed';
      error?: string | null;
      progressed_at: Date;
      finished_at?: Date;
    },
  ): Promise<void> {
    await this.database.q
      .updateTable('stripe_imports')
      .set(change)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('state', '=', 'running')
      .execute();
  }

  /** Notes what became of objects. What was noted before a crash stays as it was. */
  async note(environmentId: string, importId: string, items: (NewItem & { id: string })[], now: Date) {
    if (items.length > 0) {
      await this.database.q
        .insertInto('stripe_import_items')
        .values(
          items.map((item) => ({
            environment_id: environmentId,
            import_id: importId,
            created_at: now,
            ...item,
          })),
        )
        .onConflict((conflict) =>
          conflict.columns(['environment_id', 'import_id', 'kind', 'stripe_id']).doNothing(),
        )
        .execute();
    }
  }

  items(
    environmentId: string,
    importId: string,
    filter: PageRequest & { kind?: NewItem['kind'] | undefined; outcome?: NewItem['outcome'] | undefined },
  ) {
    let query = this.database.q
      .selectFrom('stripe_import_items')
      .select(['id', 'kind', 'stripe_id', 'outcome', 'object_id', 'reason'])
      .where('environment_id', '=', environmentId)
      .where('import_id', '=', importId);
    if (filter.kind !== undefined) {
      query = query.where('kind', '=', filter.kind);
    }
    if (filter.outcome !== undefined) {
      query = query.where('outcome', '=', filter.outcome);
    }
    return query.$call(newestFirst('id', filter)).execute();
  }

  counts(environmentId: string, importIds: string[]) {
    return this.database.q
      .selectFrom('stripe_import_items')
      .select((eb) => ['import_id', 'kind', 'outcome', eb.fn.countAll<number>().as('count')])
      .where('environment_id', '=', environmentId)
      .where('import_id', 'in', atLeastOne(importIds))
      .groupBy(['import_id', 'kind', 'outcome'])
      .execute();
  }

  /** Of these, what is ours after the import, or would be. */
  async taken(
    environmentId: string,
    importId: string,
    kind: NewItem['kind'],
    stripeIds: string[],
  ): Promise<Set<string>> {
    const rows = await this.database.q
      .selectFrom('stripe_import_items')
      .select('stripe_id')
      .where('environment_id', '=', environmentId)
      .where('import_id', '=', importId)
      .where('kind', '=', kind)
      .where('outcome', '!=', 'skip')
      .where('stripe_id', 'in', atLeastOne(stripeIds))
      .execute();
    return new Set(rows.map((row) => row.stripe_id));
  }

  private select(environmentId: string) {
    return this.database.q
      .selectFrom('stripe_imports')
      .select(columns)
      .where('environment_id', '=', environmentId);
  }
}
