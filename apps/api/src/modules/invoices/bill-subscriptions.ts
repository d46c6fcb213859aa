import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Period } from '@billingos/pricing/period';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { Log } from '../../platform/log.ts';
import { CreditsService } from '../credits/credits.service.ts';
import { billingStep } from '../subscriptions/billing-step.ts';
import { type LockedManualSubscription, ManualSubscriptions } from '../subscriptions/manual-subscriptions.ts';
import { billSubscription } from '../subscriptions/subscriptions.jobs.ts';
import { UsageService } from '../usage/usage.service.ts';
import { UsageSettingsService } from '../usage/usage-settings.service.ts';
import { IssueManualInvoice } from './issue-manual-invoice.ts';
import { InvoicedPrices } from './invoiced-prices.ts';
import { isWorthMentioning, type ManualLine, manualLine, usageLines } from './manual-lines.ts';

const everyMs = 30_000;
const lease = { lease_seconds: 300, limit: 50 };

/** Invoices the subscriptions that BillingOS bills itself, period by period, each exactly once. */
@Injectable()
export class BillSubscriptions implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly manual: ManualSubscriptions,
    private readonly prices: InvoicedPrices,
    private readonly usage: UsageService,
    private readonly credits: CreditsService,
    private readonly usageSettings: UsageSettingsService,
    private readonly invoice: IssueManualInvoice,
    private readonly sweeper: Sweeper,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({ name: 'invoices.bill', every_ms: everyMs, run: () => this.run() });
    this.handlers.register(billSubscription, ({ subscription_id: id }, { environment_id: environmentId }) =>
      this.bill(environmentId, id),
    );
  }

  /** Everything that is due now. One that fails is tried again after the lease and holds up no other. */
  async run(): Promise<void> {
    let due: { environment_id: string; id: string }[];
    do {
      due = await this.manual.claimDue(lease);
      for (const { environment_id: environmentId, id } of due) {
        try {
          await this.bill(environmentId, id);
        } catch (error) {
          this.log.error('invoices.billing_failed', {
            subscription_id: id,
            error: error instanceof Error ? error : undefined,
          });
        }
      }
    } while (due.length === lease.limit);
  }

  /** All that is due of one subscription: after an outage one period after the other, each in its own transaction. */
  async bill(environmentId: string, id: string): Promise<void> {
    while (await this.database.tenant(environmentId, () => this.step(environmentId, id))) {
      // The next step follows from how the last one left it.
    }
  }

  /** True while there may be more to do. */
  private async step(environmentId: string, id: string): Promise<boolean> {
    const locked = await this.manual.lock(environmentId, id);
    if (locked === undefined || locked.row.billing_due_at === null) {
      return false;
    }
    // Until then the period takes use of its time.
    const { grace_minutes: grace } = await this.usageSettings.get(environmentId);
    const step = billingStep(locked.billed, { now: this.clock.now(), grace_ms: grace * 60_000 });
    switch (step.do) {
      case 'wait':
        await this.manual.lookAgain(environmentId, id, step.until);
        return false;
      case 'nothing':
        await this.manual.lookAgain(environmentId, id, null);
        return false;
      case 'end':
        await this.manual.endLocked(environmentId, locked.row, step.at);
        return true;
      case 'invoice':
        await this.issue(environmentId, locked, step);
        if (step.advance === null) {
          await this.manual.lookAgain(environmentId, id, null);
          return false;
        }
        await this.manual.startPeriod(environmentId, id, step.advance);
        return true;
    }
  }

  private async issue(
    environmentId: string,
    locked: LockedManualSubscription,
    { usage, advance }: { usage: Period | null; advance: Period | null },
  ): Promise<void> {
    const { row, items } = locked;
    const lines: ManualLine[] = [];
    for (const { price, item } of await this.prices.of(environmentId, items)) {
      if (price.meter_id === null && advance !== null) {
        lines.push(manualLine(price, String(item.quantity), advance));
      }
      if (price.meter_id !== null && usage !== null) {
        const of = { customer_id: row.customer_id, meter_id: price.meter_id, ...usage };
        const counted = await this.usage.inPeriod(environmentId, of);
        const credited = await this.credits.paidUnits(environmentId, of);
        lines.push(...usageLines(price, counted, credited, usage));
      }
    }
    const worth = lines.filter(isWorthMentioning);
    const end = advance?.start ?? usage?.end;
    const [first] = items;
    if (worth.length > 0 && end !== undefined && first !== undefined) {
      await this.invoice.issue(environmentId, {
        customer_id: row.customer_id,
        subscription_id: row.id,
        currency: first.currency,
        billing_reason: row.billed_until === null ? 'subscription_create' : 'subscription_cycle',
        period: advance ?? { start: end, end },
        lines: worth,
      });
    }
  }
}
