import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import type { Change, ChangesRead } from './changes-seen.ts';

/** More at once are not looked at one by one: whoever reads them begins anew. */
const changesMax = 20_000;
const purgedTogether = 10_000;

@Injectable()
export class ChangesRepository {
  constructor(private readonly database: Database) {}

  /** What may have been committed since; with null, only where to begin (`app.entitlement_changes_since`). */
  async since(since: number | null): Promise<ChangesRead> {
    const { rows } = await sql<
      { horizon: number; next: number } & { [Column in keyof Change]: Change[Column] | null }
    >`
      select * from app.entitlement_changes_since(${since}, ${changesMax})
    `.execute(this.database.functions);
    const [first] = rows;
    if (first === undefined) {
      throw new Error('The changes were left without an answer.');
    }
    return {
      horizon: first.horizon,
      next: first.next,
      isComplete: rows.length < changesMax,
      changes: rows.flatMap(({ environment_id, kind, cache_key, changed_in }) =>
        environment_id === null || kind === null || cache_key === null || changed_in === null
          ? []
          : [{ environment_id, kind, cache_key, changed_in }],
      ),
    };
  }

  /** Takes away the oldest of those from before, and says how many. */
  async purge(before: Date): Promise<number> {
    const { rows } = await sql<{ purged: number }>`
      select app.purge_entitlement_changes(${before}, ${purgedTogether}) as purged
    `.execute(this.database.functions);
    return rows[0]?.purged ?? 0;
  }
}
