import { Injectable } from '@nestjs/common';
import type { Period } from '@billingos/pricing/period';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import type { Billed } from './billing-step.ts';
import type { CancelWish } from './cancel-wish.ts';
import { GrantSubscription } from './grant-subscription.ts';
import { ManualSubscriptionsRepository } from './manual-subscriptions.repository.ts';
import { isRunning } from './subscription.ts';
import { RefundNeedsCreditNote, SubscriptionEnded } from './subscriptions.errors.ts';
import { SubscriptionsRepository } from './subscriptions.repository.ts';

type Row = NonNullable<Awaited<ReturnType<ManualSubscriptionsRepository['lock']>>>;

export interface LockedManualSubscription {
  row: Row;
  items: Awaited<ReturnType<SubscriptionsRepository['items']>>;
  /** As `billingStep` looks at it. */
  billed: Billed;
}

/** What happens to subscriptions that BillingOS invoices itself: they end, and go from period to period. */
@Injectable()
export class ManualSubscriptions {
  constructor(
    private readonly database: Database,
    private readonly rows: ManualSubscriptionsRepository,
    private readonly subscriptions: SubscriptionsRepository,
    private readonly customers: CustomersService,
    private readonly grants: GrantSubscription,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Cancelling again what is to end anyway changes nothing. Throws `SubscriptionEnded`, `RefundNeedsCreditNote`. */
  cancel(environmentId: string, id: string, wish: CancelWish): Promise<void> {
    if (wish.when === 'now' && wish.refund !== 'none') {
      throw new RefundNeedsCreditNote(id);
    }
    return this.database.tenant(environmentId, async () => {
      const { row } = await this.lockRunning(environmentId, id);
      const now = this.clock.now();
      if (wish.when === 'now') {
        await this.endLocked(environmentId, row, now);
      } else if (row.cancel_at === null) {
        await this.rows.update(environmentId, id, {
          cancel_at: row.current_period_end,
          canceled_at: now,
          updated_at: now,
        });
        await this.note(environmentId, row, 'subscription.updated', { cancel_at: row.current_period_end });
      }
    });
  }

  /** Takes a cancellation at the end of the period back. Throws `SubscriptionEnded`. */
  undoCancel(environmentId: string, id: string): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const { row } = await this.lockRunning(environmentId, id);
      if (row.cancel_at !== null) {
        await this.rows.update(environmentId, id, {
          cancel_at: null,
          canceled_at: null,
          updated_at: this.clock.now(),
        });
        await this.note(environmentId, row, 'subscription.updated', { cancel_at: null });
      }
    });
  }

  /** Takes what is due for an invoice, of all environments, for a time. */
  claimDue(lease: { lease_seconds: number; limit: number }) {
    return this.rows.claimDue(this.clock.now(), lease);
  }

  /** In the open transaction, the customer first. Undefined: it is none that BillingOS invoices. */
  async lock(environmentId: string, id: string): Promise<LockedManualSubscription | undefined> {
    const seen = await this.subscriptions.find(environmentId, id);
    if (seen === undefined) {
      return undefined;
    }
    await this.customers.lock(environmentId, seen.customer_id);
    const row = await this.rows.lock(environmentId, id);
    const items = await this.subscriptions.items(environmentId, [id]);
    const [first] = items;
    if (row === undefined || first === undefined) {
      return undefined;
    }
    return {
      row,
      items,
      billed: {
        ...row,
        is_running: isRunning(row.status),
        interval: first.interval,
        interval_count: first.interval_count,
        has_usage: items.some((item) => item.feature_id !== null),
      },
    };
  }

  /** The period is charged: it is the current one. Of a locked one, in the open transaction. */
  async startPeriod(environmentId: string, id: string, period: Period): Promise<void> {
    await this.rows.update(environmentId, id, {
      current_period_start: period.start,
      current_period_end: period.end,
      billed_until: period.end,
      updated_at: this.clock.now(),
    });
  }

  /** When to look again, of a locked one, in the open transaction. Null: never. */
  lookAgain(environmentId: string, id: string, at: Date | null): Promise<void> {
    return this.rows.setDue(environmentId, id, at);
  }

  /** Ends a locked one, with what it grants. It is looked at once more, for use that is not charged yet. */
  async endLocked(environmentId: string, row: Row, at: Date): Promise<void> {
    await this.rows.update(environmentId, row.id, {
      status: 'canceled',
      canceled_at: row.canceled_at ?? at,
      ended_at: at,
      billing_due_at: at,
      updated_at: this.clock.now(),
    });
    await this.grants.apply(environmentId, row.id);
    await this.note(environmentId, row, 'subscription.updated', { status: 'canceled', ended_at: at });
  }

  private async lockRunning(environmentId: string, id: string): Promise<LockedManualSubscription> {
    const locked = await this.lock(environmentId, id);
    if (locked === undefined || !locked.billed.is_running) {
      throw new SubscriptionEnded(id);
    }
    return locked;
  }

  private note(environmentId: string, row: Row, action: string, after: object): Promise<void> {
    return this.audit.record(environmentId, {
      action,
      target: { type: 'subscription', id: row.id },
      before: { status: row.status, cancel_at: row.cancel_at },
      after,
    });
  }
}
