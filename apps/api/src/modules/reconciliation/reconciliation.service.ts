import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { Reconcile } from './reconcile.ts';
import { RunNotFound } from './reconciliation.errors.ts';
import { ReconciliationRepository } from './reconciliation.repository.ts';
import type { listDiscrepancies } from './reconciliation.schemas.ts';

const counts = z.record(z.string(), z.int());

@Injectable()
export class ReconciliationService {
  constructor(
    private readonly database: Database,
    private readonly runs: ReconciliationRepository,
    private readonly reconcile: Reconcile,
  ) {}

  async list(environmentId: string, page: PageRequest) {
    const rows = await this.database.tenant(environmentId, () => this.runs.list(environmentId, page));
    return rows.map(withCounts);
  }

  /** Throws `RunNotFound`. */
  async get(environmentId: string, id: string, param = 'id') {
    const row = await this.database.tenant(environmentId, () => this.runs.find(environmentId, id));
    if (row === undefined) {
      throw new RunNotFound(id, param);
    }
    return withCounts(row);
  }

  /** Begins a run, or returns the one that is under way. Throws `StripeNotConnected`. */
  async start(environmentId: string) {
    return this.get(environmentId, await this.reconcile.start(environmentId, 'manual'));
  }

  /** Throws `RunNotFound` when a run is named that does not exist. */
  async discrepancies(environmentId: string, query: z.output<typeof listDiscrepancies>) {
    if (query.run !== undefined) {
      await this.get(environmentId, query.run, 'run');
    }
    const rows = await this.database.tenant(environmentId, () =>
      this.runs.discrepancies(environmentId, query),
    );
    return rows.map((row) => ({ ...row, run: row.run_id }));
  }
}

function withCounts<T extends { checked: unknown }>(row: T) {
  return { ...row, checked: counts.parse(row.checked) };
}
