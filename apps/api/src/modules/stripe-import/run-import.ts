import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { type Connection, Connections } from '../../stripe/connections.ts';
import { listAllSubscriptions, listCustomers, listProducts } from '../../stripe/stripe.listing.ts';
import { ImportPeople } from './import-people.ts';
import { ImportProducts } from './import-products.ts';
import { importStripe } from './stripe-import.jobs.ts';
import { type NewItem, type Phase, StripeImportRepository } from './stripe-import.repository.ts';

const after: Record<Phase, Phase> = {
  products: 'customers',
  customers: 'subscriptions',
  subscriptions: 'done',
  done: 'done',
};
/** Of a job. What is left is for the next one. */
const workMs = 200_000;

type Run = NonNullable<Awaited<ReturnType<StripeImportRepository['find']>>>;

/** Imports page by page. The place is committed with what became of a page: a crash repeats a page, which finds it done. */
@Injectable()
export class RunImport implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly imports: StripeImportRepository,
    private readonly products: ImportProducts,
    private readonly people: ImportPeople,
    private readonly connections: Connections,
    private readonly outbox: Outbox,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(importStripe, ({ import_id: id }, { environment_id: environmentId, signal }) =>
      this.goOn(environmentId, id, signal),
    );
  }

  private async goOn(environmentId: string, id: string, signal: AbortSignal): Promise<void> {
    const until = performance.now() + workMs;
    const load = () => this.database.tenant(environmentId, () => this.imports.find(environmentId, id));
    let run = await load();
    while (run?.state === 'running' && !signal.aborted) {
      if (performance.now() > until) {
        await this.database.tenant(environmentId, () =>
          this.outbox.add(environmentId, importStripe, { import_id: id }),
        );
        return;
      }
      const connection = await this.connections.find(environmentId);
      if (connection === undefined) {
        return this.end(environmentId, id, 'Stripe was disconnected meanwhile.');
      }
      if (run.phase === 'done') {
        return this.end(environmentId, id, null);
      }
      await this.step(environmentId, connection, run);
      run = await load();
    }
  }

  private async step(environmentId: string, connection: Connection, run: Run): Promise<void> {
    const { items, next } = await this.page(environmentId, connection, run);
    await this.database.tenant(environmentId, async () => {
      const now = this.clock.now();
      await this.imports.note(
        environmentId,
        run.id,
        items.map((item) => ({ id: newId('stripe_import_item'), ...item })),
        now,
      );
      await this.imports.update(environmentId, run.id, {
        phase: next === null ? after[run.phase] : run.phase,
        cursor: next,
        progressed_at: now,
      });
    });
  }

  private async page(
    environmentId: string,
    connection: Connection,
    run: Run,
  ): Promise<{ items: NewItem[]; next: string | null }> {
    switch (run.phase) {
      case 'products': {
        const { data, next } = await listProducts(connection, run.cursor);
        const items: NewItem[] = [];
        for (const product of data) {
          items.push(...(await this.products.run(environmentId, connection, product, run)));
        }
        return { items, next };
      }
      case 'customers': {
        const { data, next } = await listCustomers(connection, run.cursor);
        return { items: await this.people.customersOf(environmentId, data, run.dry_run), next };
      }
      case 'subscriptions':
      case 'done': {
        const { data, next } = await listAllSubscriptions(connection, {}, run.cursor);
        return {
          items: await this.people.subscriptionsOf(environmentId, run.id, data, run.dry_run),
          next,
        };
      }
    }
  }

  private end(environmentId: string, id: string, error: string | null): Promise<void> {
    const now = this.clock.now();
    return this.database.tenant(environmentId, () =>
      this.imports.update(environmentId, id, {
        state: error === null ? 'done' : 'failed',
        error,
        progressed_at: now,
        finished_at: now,
      }),
    );
  }
}
