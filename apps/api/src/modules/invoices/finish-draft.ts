import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AppError } from '../../platform/errors.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { Log } from '../../platform/log.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { finalizeDraft, findFinalized } from '../../stripe/stripe.invoices.ts';
import { AlertsService } from '../alerts/alerts.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { FlushUsage } from '../usage/flush-usage.ts';
import { AwaitUsage, type BilledPeriod, usageAlertKey } from './await-usage.ts';
import { ExpectedTotal } from './expected-total.ts';
import { InvoicePartsRepository } from './invoice-parts.repository.ts';
import { InvoicesRepository } from './invoices.repository.ts';
import { type InvoiceRow, InvoicesService } from './invoices.service.ts';
import { ParkInvoice } from './park-invoice.ts';
import { TakeOverInvoice } from './take-over-invoice.ts';

const everyMs = 20_000;
const lease = { seconds: 300, limit: 50 };
const minuteMs = 60_000;
/** So long nobody is told that a draft waits: Stripe may be away, or slow to count. */
const quietMs = 30 * minuteMs;
/** Then it is issued with what Stripe has. What comes after that is on the next invoice. */
const waitMaxMs = 72 * 60 * minuteMs;

const finalizeIntent = {
  kind: 'invoice.finalize',
  params: z.object({ invoice_id: z.string(), stripe_invoice_id: z.string() }),
};

/** Issues a renewal on Stripe once the use of its period is over and counted (`await-usage.ts`). */
@Injectable()
export class FinishDraft implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesService,
    private readonly rows: InvoicesRepository,
    private readonly parts: InvoicePartsRepository,
    private readonly waiting: AwaitUsage,
    private readonly usage: FlushUsage,
    private readonly expected: ExpectedTotal,
    private readonly parking: ParkInvoice,
    private readonly takeOver: TakeOverInvoice,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly alerts: AlertsService,
    private readonly audit: AuditService,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({ name: 'invoices.finish_drafts', every_ms: everyMs, run: () => this.run() });
    this.intents.register({
      ...finalizeIntent,
      call: async ({ stripe_invoice_id: id }, { environment_id: environmentId, idempotency_key: key }) =>
        finalizeDraft(await this.connections.of(environmentId), id, key),
      recover: async ({ stripe_invoice_id: id }, { environment_id: environmentId }) =>
        findFinalized(await this.connections.of(environmentId), id),
      settle: async (environmentId, { invoice_id: id }) => {
        await this.waiting.over(environmentId, id);
        await this.audit.record(environmentId, {
          action: 'invoice.usage_complete',
          target: { type: 'invoice', id },
        });
      },
    });
  }

  /** Everything that is due now. One that fails is tried again later and holds up no other. */
  async run(): Promise<void> {
    let due: { environment_id: string; id: string }[];
    do {
      due = await this.rows.claimUsageDue(this.clock.now(), lease.seconds, lease.limit);
      for (const { environment_id: environmentId, id } of due) {
        try {
          await this.finish(environmentId, id);
        } catch (error) {
          this.log.warn('invoices.finish_failed', {
            invoice_id: id,
            error: error instanceof Error ? error : undefined,
          });
          const reason = error instanceof AppError ? error.message : 'It will be tried again.';
          await this.waitOn(environmentId, id, reason);
        }
      }
    } while (due.length === lease.limit);
  }

  private async finish(environmentId: string, id: string): Promise<void> {
    const invoice = await this.invoices.find(environmentId, id);
    const periods = await this.periodsOf(environmentId, id);
    if (invoice.status !== 'draft' || invoice.stripe_invoice_id === null) {
      return this.database.tenant(environmentId, () => this.waiting.over(environmentId, id));
    }
    const closedAt = await this.waiting.closedAt(environmentId, periods, invoice.created_at);
    // Its release makes it due. The grace may have become longer since.
    if (invoice.parked_at !== null || this.clock.now() < closedAt) {
      const later = new Date(this.clock.now().getTime() + 60 * minuteMs);
      return this.lookAgain(environmentId, id, invoice.parked_at !== null ? later : closedAt);
    }
    const missing = await this.missing(environmentId, invoice.customer_id, periods);
    const waitedMs = this.clock.now().getTime() - closedAt.getTime();
    if (missing !== null && waitedMs < waitMaxMs) {
      return this.waitOn(environmentId, id, missing);
    }
    await this.takeOver.take(environmentId, invoice.stripe_invoice_id);
    if (await this.isHeldBack(environmentId, id, invoice.stripe_invoice_id)) {
      return;
    }
    if (missing !== null) {
      // Before it is issued: nobody looks at it again for whoever dies over that.
      await this.tellIncomplete(environmentId, invoice, missing);
    }
    await this.intents.perform(environmentId, finalizeIntent, id, {
      invoice_id: id,
      stripe_invoice_id: invoice.stripe_invoice_id,
    });
    if (missing !== null) {
      for (const period of periods) {
        await this.usage.giveUp(environmentId, { customer_id: invoice.customer_id, ...period });
      }
    }
    await this.takeOver.take(environmentId, invoice.stripe_invoice_id);
  }

  /** It may come to more than when it was made, and is looked at once more, with the use that Stripe will charge. */
  private isHeldBack(environmentId: string, id: string, stripeInvoiceId: string): Promise<boolean> {
    return this.database.tenant(environmentId, async () => {
      const invoice = await this.invoices.lock(environmentId, id);
      const { subscription_id: subscriptionId, released_at: releasedAt } = invoice;
      if (invoice.parked_at !== null || releasedAt !== null || subscriptionId === null) {
        return invoice.parked_at !== null;
      }
      const lines = await this.parts.lines(environmentId, [id]);
      const total = await this.expected.of(environmentId, { ...invoice, lines });
      const candidate = { id, subscription_id: subscriptionId, currency: invoice.currency, total, lines };
      return this.parking.lookAt(environmentId, candidate, stripeInvoiceId);
    });
  }

  /** What Stripe has not counted of the periods of an invoice; null when it has all. */
  private async missing(
    environmentId: string,
    customerId: string,
    periods: BilledPeriod[],
  ): Promise<string | null> {
    const missing: string[] = [];
    for (const period of periods) {
      const reason = await this.usage.flush(environmentId, { customer_id: customerId, ...period });
      missing.push(...(reason === null ? [] : [reason]));
    }
    return missing[0] ?? null;
  }

  /** Looks again soon, later less often, and tells somebody when it takes long. */
  private async waitOn(environmentId: string, id: string, reason: string): Promise<void> {
    const invoice = await this.invoices.find(environmentId, id);
    const periods = await this.periodsOf(environmentId, id);
    const now = this.clock.now().getTime();
    const waitedMs =
      now - (await this.waiting.closedAt(environmentId, periods, invoice.created_at)).getTime();
    await this.lookAgain(
      environmentId,
      id,
      new Date(now + (waitedMs < 60 * minuteMs ? minuteMs : 10 * minuteMs)),
    );
    if (waitedMs >= quietMs) {
      await this.alerts.raise(environmentId, {
        kind: 'invoice.waits_for_usage',
        severity: 'warning',
        dedupe_key: usageAlertKey(id),
        title: 'An invoice waits for its usage',
        detail: `${reason} It stays a draft and is tried again by itself, for three days at most; then it is issued with what Stripe has.`,
        target: { type: 'invoice', id },
      });
    }
  }

  private tellIncomplete(environmentId: string, { id }: InvoiceRow, missing: string): Promise<void> {
    return this.alerts.raise(environmentId, {
      kind: 'invoice.usage_incomplete',
      severity: 'critical',
      dedupe_key: `invoice.usage_incomplete:${id}`,
      title: 'An invoice is issued without all of its usage',
      detail: `${missing} After three days it is issued with what Stripe has. What is told from now on is on the next invoice; compare the rest under Reconciliation.`,
      target: { type: 'invoice', id },
    });
  }

  private lookAgain(environmentId: string, id: string, at: Date): Promise<void> {
    return this.database.tenant(environmentId, () =>
      this.rows.update(environmentId, id, { usage_due_at: at }),
    );
  }

  private periodsOf(environmentId: string, id: string): Promise<BilledPeriod[]> {
    return this.database.tenant(environmentId, () => this.parts.usagePeriods(environmentId, id));
  }
}
