import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { StripeAccountService } from '../merchants/stripe-account.service.ts';
import { AccountDeauthorized } from './handlers/account-deauthorized.ts';
import { AccountUpdated } from './handlers/account-updated.ts';
import { CatalogChanged } from './handlers/catalog-changed.ts';
import { CustomerStateChanged } from './handlers/customer-state-changed.ts';
import { CreditNoteChanged } from './handlers/credit-note-changed.ts';
import { CustomerDeleted } from './handlers/customer-deleted.ts';
import type { EventHandler } from './handlers/handler.ts';
import { InvoiceChanged } from './handlers/invoice-changed.ts';
import { PaymentChanged } from './handlers/payment-changed.ts';
import { PaymentToRecover } from './handlers/payment-to-recover.ts';
import { processEvent } from './webhooks.jobs.ts';
import { WebhooksRepository } from './webhooks.repository.ts';

const id = z.string().nullable();
const payloadSchema = z.object({
  object: z.object({
    id,
    type: z.string(),
    customer: id,
    // Not kept of events that came before these were read.
    payment_intent: id.default(null),
    invoice: id.default(null),
  }),
});

/** Runs the handlers of a stored event. One that failed is tried again, one that was processed never is. */
@Injectable()
export class ProcessEvent implements OnModuleInit {
  private readonly byType: ReadonlyMap<string, { handler: EventHandler }[]>;

  constructor(
    private readonly database: Database,
    private readonly events: WebhooksRepository,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
    private readonly accounts: StripeAccountService,
    customerStateChanged: CustomerStateChanged,
    customerDeleted: CustomerDeleted,
    invoiceChanged: InvoiceChanged,
    paymentChanged: PaymentChanged,
    creditNoteChanged: CreditNoteChanged,
    paymentToRecover: PaymentToRecover,
    catalogChanged: CatalogChanged,
    accountUpdated: AccountUpdated,
    accountDeauthorized: AccountDeauthorized,
  ) {
    // In this order: recovery decides by what was taken over before.
    const all: EventHandler[] = [
      customerStateChanged,
      customerDeleted,
      invoiceChanged,
      paymentChanged,
      creditNoteChanged,
      catalogChanged,
      accountUpdated,
      accountDeauthorized,
      paymentToRecover,
    ];
    this.byType = Map.groupBy(
      all.flatMap((handler) => handler.types.map((type) => ({ type, handler }))),
      ({ type }) => type,
    );
  }

  onModuleInit(): void {
    this.handlers.register(processEvent, ({ webhook_event_id: id }, { environment_id: environmentId }) =>
      this.process(environmentId, id),
    );
  }

  private async process(environmentId: string, id: string): Promise<void> {
    const event = await this.database.tenant(environmentId, () => this.events.find(environmentId, id));
    if (event === undefined || event.state === 'processed' || event.state === 'ignored') {
      return;
    }
    const handlers = this.byType.get(event.type);
    // What a former account says is none of the present one's business.
    if (handlers === undefined || !(await this.accounts.isCurrent(environmentId, event.stripe_account_id))) {
      await this.settle(environmentId, id, 'ignored', null);
      return;
    }
    try {
      const { object } = payloadSchema.parse(event.payload);
      for (const { handler } of handlers) {
        await handler.handle({
          environment_id: environmentId,
          stripe_account_id: event.stripe_account_id,
          type: event.type,
          object,
        });
      }
    } catch (error) {
      await this.settle(environmentId, id, 'failed', error instanceof Error ? error.message : String(error));
      throw error;
    }
    await this.settle(environmentId, id, 'processed', null);
  }

  private settle(
    environmentId: string,
    id: string,
    state: 'processed' | 'failed' | 'ignored',
    error: string | null,
  ): Promise<void> {
    return this.database.tenant(environmentId, () =>
      this.events.settle(environmentId, id, {
        state,
        error: error?.slice(0, 1_000) ?? null,
        processed_at: state === 'failed' ? null : this.clock.now(),
      }),
    );
  }
}
