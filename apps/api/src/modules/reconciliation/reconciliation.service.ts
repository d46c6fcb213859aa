import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { MeterDrift } from '../usage/meter-drift.ts';
import { Reconcile } from './reconcile.ts';
import { DiscrepancyNotFound, DiscrepancyNotSettledByHand, RunNotFound } from './reconciliation.errors.ts';
import { ReconciliationRepository } from './reconciliation.repository.ts';
import type { listDiscrepancies } from './reconciliation.schemas.ts';

const counts = z.record(z.string(), z.int());

@Injectable()
export class ReconciliationService {
  constructor(
    private readonly database: Database,
    private readonly runs: ReconciliationRepository,
    private readonly reconcile: Reconcile,
    private readonly meters: MeterDrift,
    private readonly clock: Clock,
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

  /**
   * Settles a difference of usage by hand, with the same that other runs found. One that is settled stays as it is. Throws
   * `DiscrepancyNotFound`, `DiscrepancyNotSettledByHand`.
   */
  settle(environmentId: string, id: string) {
    return this.database.tenant(environmentId, async () => {
      const found = await this.runs.findDiscrepancy(environmentId, id);
      if (found === undefined) {
        throw new DiscrepancyNotFound(id);
      }
      const [customerId, meterId] = found.object_id?.split(' ') ?? [];
      if (found.kind !== 'meter' || customerId === undefined || meterId === undefined) {
        throw new DiscrepancyNotSettledByHand(id);
      }
      if (found.repaired_at === null) {
        await this.meters.writeOff(environmentId, {
          customer_id: customerId,
          meter_id: meterId,
          until: found.found_at,
        });
        await this.runs.settleMeter(environmentId, `${customerId} ${meterId}`, {
          repaired_at: this.clock.now(),
          note: 'Settled by hand.',
        });
      }
      const settled = (await this.runs.findDiscrepancy(environmentId, id)) ?? found;
      return { ...settled, run: settled.run_id };
    });
  }
}

function withCounts<T extends { checked: unknown }>(row: T) {
  return { ...row, checked: counts.parse(row.checked) };
}
