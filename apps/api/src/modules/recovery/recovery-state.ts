import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { InvoicesService } from '../invoices/invoices.service.ts';
import { isRunning } from '../subscriptions/subscription.ts';
import { type Subscription, SubscriptionsService } from '../subscriptions/subscriptions.service.ts';
import type { Facts, RecoverySettings } from './recovery.ts';
import { RecoveryRepository } from './recovery.repository.ts';

export type Recovery = NonNullable<Awaited<ReturnType<RecoveryRepository['findByInvoice']>>>;
type Invoice = Awaited<ReturnType<InvoicesService['find']>>;
export type Payment = Awaited<ReturnType<InvoicesService['payments']>>[number];

/** All that a decision about an invoice is made from, read at one moment. */
export interface Known {
  invoice: Invoice;
  payments: Payment[];
  subscription: Subscription;
  settings: RecoverySettings;
  recovery: Recovery | undefined;
}

/** How a recovery stands, and the one way to change it: by what was read, or not at all. */
@Injectable()
export class RecoveryState {
  constructor(
    private readonly database: Database,
    private readonly recoveries: RecoveryRepository,
    private readonly invoices: InvoicesService,
    private readonly subscriptions: SubscriptionsService,
    private readonly customers: CustomersService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Undefined: nothing of ours can recover it, because it is of no subscription or not on Stripe. */
  read(environmentId: string, invoiceId: string): Promise<Known | undefined> {
    return this.database.tenant(environmentId, async () => {
      const invoice = await this.invoices.find(environmentId, invoiceId);
      const recovery = await this.recoveries.findByInvoice(environmentId, invoiceId);
      const subscriptionId = recovery?.subscription_id ?? invoice.subscription_id;
      if (subscriptionId === null || invoice.stripe_invoice_id === null) {
        return undefined;
      }
      return {
        invoice,
        payments: await this.invoices.payments(environmentId, invoiceId),
        subscription: await this.subscriptions.get(environmentId, subscriptionId),
        settings: await this.recoveries.settings(environmentId),
        recovery,
      };
    });
  }

  /**
   * The customer first, as everybody who writes about their subscriptions does. False: somebody changed what was decided
   * by, and all of the work is undone.
   */
  async inTransaction(
    environmentId: string,
    recovery: Recovery,
    work: () => Promise<boolean>,
  ): Promise<boolean> {
    try {
      await this.database.tenant(environmentId, async () => {
        await this.customers.lock(environmentId, recovery.customer_id);
        if (!(await work())) {
          throw new ChangedMeanwhile();
        }
      });
    } catch (error) {
      if (error instanceof ChangedMeanwhile) {
        return false;
      }
      throw error;
    }
    return true;
  }

  /** In the open transaction. False: it was changed since it was read. */
  async change(
    environmentId: string,
    recovery: Recovery,
    change: Parameters<RecoveryRepository['update']>[3],
  ): Promise<boolean> {
    const isChanged = await this.recoveries.update(
      environmentId,
      recovery.id,
      recovery.version,
      change,
      this.clock.now(),
    );
    if (isChanged && change.state !== undefined) {
      await this.audit.record(environmentId, {
        action: `recovery.${change.state}`,
        target: { type: 'recovery', id: recovery.id },
        before: { state: recovery.state },
        after: { state: change.state, final_action: change.final_action ?? null },
      });
    }
    return isChanged;
  }

  /** What every ending writes. */
  ended() {
    return {
      ended_at: this.clock.now(),
      due_at: null,
      next_attempt_at: null,
      attempt_began_at: null,
      attempt_began_count: null,
    };
  }
}

/** Decided by what was changed since: everything is undone, and read anew. */
class ChangedMeanwhile extends Error {}

/** How many payments of an invoice failed. */
export function failuresOf(payments: Payment[]): number {
  return payments.filter(({ status }) => status === 'failed').length;
}

/** What `nextStep` decides by. */
export function factsOf(recovery: Recovery, { invoice, payments, subscription }: Known): Facts {
  return {
    recovery,
    invoice: {
      status: invoice.status,
      next_attempt_at: invoice.next_attempt_at,
      is_payment_under_way: invoice.paying_by !== null || payments.some(({ status }) => status === 'pending'),
      payments: payments.length,
    },
    is_running: isRunning(subscription.status),
  };
}
