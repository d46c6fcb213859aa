import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { newId } from '../../platform/ids.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { AuditService } from '../audit/audit.service.ts';
import { ImportNotFound, ImportUnderWay } from './stripe-import.errors.ts';
import { importStripe } from './stripe-import.jobs.ts';
import { StripeImportRepository } from './stripe-import.repository.ts';
import {
  type createImport,
  itemKinds,
  type listItems,
  outcomes,
  type stripeImport,
} from './stripe-import.schemas.ts';

type StripeImport = z.input<typeof stripeImport>;
type Row = NonNullable<Awaited<ReturnType<StripeImportRepository['find']>>>;
type Counts = StripeImport['counts'];

@Injectable()
export class StripeImportService {
  constructor(
    private readonly database: Database,
    private readonly imports: StripeImportRepository,
    private readonly connections: Connections,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** Begins an import or a rehearsal of one; a job does it. Throws `StripeNotConnected`, `ImportUnderWay`. */
  async start(environmentId: string, wish: z.output<typeof createImport>): Promise<StripeImport> {
    // Asked for before the transaction, in which it would be too.
    await this.connections.of(environmentId);
    return this.database.tenant(environmentId, async () => {
      const running = await this.imports.findRunning(environmentId);
      if (running !== undefined) {
        throw new ImportUnderWay(running.id);
      }
      const id = newId('stripe_import');
      await this.imports.insert(environmentId, { id, ...wish, started_at: this.clock.now() });
      await this.outbox.add(environmentId, importStripe, { import_id: id });
      await this.audit.record(environmentId, {
        action: 'stripe_import.started',
        target: { type: 'stripe_import', id },
        after: wish,
      });
      return this.get(environmentId, id);
    });
  }

  list(environmentId: string, page: PageRequest): Promise<StripeImport[]> {
    return this.database.tenant(environmentId, async () => {
      return this.complete(environmentId, await this.imports.list(environmentId, page));
    });
  }

  /** Throws `ImportNotFound`. */
  get(environmentId: string, id: string): Promise<StripeImport> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.imports.find(environmentId, id);
      const [found] = row === undefined ? [] : await this.complete(environmentId, [row]);
      if (found === undefined) {
        throw new ImportNotFound(id);
      }
      return found;
    });
  }

  /** What became of each object, the newest first. Throws `ImportNotFound`. */
  items(environmentId: string, id: string, query: z.output<typeof listItems>) {
    return this.database.tenant(environmentId, async () => {
      await this.get(environmentId, id);
      return this.imports.items(environmentId, id, query);
    });
  }

  private async complete(environmentId: string, rows: Row[]): Promise<StripeImport[]> {
    const counted = await this.imports.counts(
      environmentId,
      rows.map((row) => row.id),
    );
    const countOf = (id: string, kind: string, outcome: string): number =>
      counted.find((row) => row.import_id === id && row.kind === kind && row.outcome === outcome)?.count ?? 0;
    return rows.map((row) => ({
      ...row,
      counts: Object.fromEntries(
        itemKinds.map((kind) => [
          kind,
          Object.fromEntries(outcomes.map((outcome) => [outcome, countOf(row.id, kind, outcome)])),
        ]),
        // Every kind and every outcome is in the lists that it is made of.
      ) as Counts,
    }));
  }
}
