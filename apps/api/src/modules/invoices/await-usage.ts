import { Injectable } from '@nestjs/common';
import { Outbox } from '../../platform/jobs/outbox.ts';
import type { InvoiceState } from '../../stripe/stripe.invoice-state.ts';
import { AlertsService } from '../alerts/alerts.service.ts';
import { FlushUsage } from '../usage/flush-usage.ts';
import { UsageSettingsService } from '../usage/usage-settings.service.ts';
import { InvoicePartsRepository } from './invoice-parts.repository.ts';
import { holdInvoice } from './invoices.jobs.ts';
import { InvoicesRepository } from './invoices.repository.ts';

/** Requests under way when a period closes count by when they arrived: so long they may take to be written and told. */
const underWayMs = 2 * 60_000;

/** What a customer used of a meter, as an invoice charges it. */
export interface BilledPeriod {
  meter_id: string;
  start: Date;
  end: Date;
}

/**
 * Keeps a draft of Stripe until the last use of its period is told. Stripe would finalize it after an hour, and what it is
 * told of that time later nobody is charged for.
 */
@Injectable()
export class AwaitUsage {
  constructor(
    private readonly invoices: InvoicesRepository,
    private readonly parts: InvoicePartsRepository,
    private readonly settings: UsageSettingsService,
    private readonly usage: FlushUsage,
    private readonly alerts: AlertsService,
    private readonly outbox: Outbox,
  ) {}

  /** Looks at an invoice that was just taken over, in the open transaction. */
  async lookAt(
    environmentId: string,
    invoice: { id: string; customer_id: string },
    before: { status: string; usage_due_at: Date | null } | undefined,
    state: InvoiceState,
  ): Promise<void> {
    if (state.status === 'draft') {
      // One that does not go on by itself is kept by somebody else, who says when it does.
      if (state.is_advancing && (before?.usage_due_at ?? null) === null) {
        await this.hold(environmentId, invoice.id, state);
      }
      return;
    }
    if ((before?.usage_due_at ?? null) !== null) {
      await this.over(environmentId, invoice.id);
    }
    if (state.status !== 'void' && (before === undefined || before.status === 'draft')) {
      const periods = await this.parts.usagePeriods(environmentId, invoice.id);
      await this.usage.noteBilled(
        environmentId,
        invoice.customer_id,
        periods.map(({ meter_id: meterId, end }) => ({ meter_id: meterId, until: end })),
      );
    }
  }

  /** From when on no period of an invoice takes use any more. One without any, made at `createdAt`, waits for none. */
  async closedAt(environmentId: string, periods: BilledPeriod[], createdAt: Date): Promise<Date> {
    const { grace_minutes: grace } = await this.settings.get(environmentId);
    if (periods.length === 0) {
      return createdAt;
    }
    const end = Math.max(...periods.map((period) => period.end.getTime()));
    return new Date(end + grace * 60_000 + underWayMs);
  }

  /** Nothing is waited for any more. In the open transaction. */
  async over(environmentId: string, id: string): Promise<void> {
    await this.invoices.update(environmentId, id, { usage_due_at: null });
    await this.alerts.resolve(environmentId, usageAlertKey(id));
  }

  private async hold(environmentId: string, id: string, state: InvoiceState): Promise<void> {
    const periods = await this.parts.usagePeriods(environmentId, id);
    if (periods.length > 0) {
      await this.invoices.update(environmentId, id, {
        usage_due_at: await this.closedAt(environmentId, periods, state.created_at),
      });
      await this.outbox.add(environmentId, holdInvoice, {
        stripe_invoice_id: state.stripe_invoice_id,
      });
    }
  }
}

export function usageAlertKey(id: string): string {
  return `invoice.usage:${id}`;
}
