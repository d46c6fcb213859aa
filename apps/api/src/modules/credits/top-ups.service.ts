import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { idLike } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CreditGrantsService } from './credit-grants.service.ts';
import { creditsBack } from './credits-back.ts';
import { usualPriority } from './credits.schemas.ts';
import { TopUpsRepository } from './top-ups.repository.ts';

const dayMs = 24 * 60 * 60 * 1_000;
const hourMs = 60 * 60 * 1_000;
const monthMs = 30 * dayMs;

export type TopUpRow = NonNullable<Awaited<ReturnType<TopUpsRepository['find']>>>;
export type NewTopUp = Parameters<TopUpsRepository['insert']>[1];

/** Purchases of credits as rows. Who charges for them stands above; what follows from their invoices is written here. */
@Injectable()
export class TopUpsService {
  constructor(
    private readonly database: Database,
    private readonly topUps: TopUpsRepository,
    private readonly grants: CreditGrantsService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** In the open transaction. False when its key came before, or another automatic one is under way. */
  begin(environmentId: string, topUp: NewTopUp): Promise<boolean> {
    return this.topUps.insert(environmentId, topUp);
  }

  find(environmentId: string, id: string): Promise<TopUpRow | undefined> {
    return this.database.tenant(environmentId, () => this.topUps.find(environmentId, id));
  }

  findByKey(environmentId: string, key: string): Promise<TopUpRow | undefined> {
    return this.database.tenant(environmentId, () => this.topUps.findByKey(environmentId, key));
  }

  list(environmentId: string, customerId: string, page: PageRequest): Promise<TopUpRow[]> {
    return this.database.tenant(environmentId, () => this.topUps.list(environmentId, customerId, page));
  }

  /** How many automatic ones there were in the last hour, and what those of the last 30 days cost. In the open transaction. */
  automatic(environmentId: string, customerId: string) {
    const now = this.clock.now().getTime();
    return this.topUps.automatic(environmentId, customerId, {
      hour: new Date(now - hourMs),
      month: new Date(now - monthMs),
    });
  }

  /** How many purchases of a customer the bank refused in the last hour. */
  refusedInHour(environmentId: string, customerId: string): Promise<number> {
    const since = new Date(this.clock.now().getTime() - hourMs);
    return this.database.tenant(environmentId, () => this.topUps.refused(environmentId, customerId, since));
  }

  /** Whether money of a purchase went back to a customer since a time, in the open transaction. */
  wentBack(environmentId: string, customerId: string, since: Date): Promise<boolean> {
    return this.topUps.wentBack(environmentId, customerId, since);
  }

  /** The newest automatic one, in the open transaction. */
  lastAutomatic(environmentId: string, customerId: string): Promise<TopUpRow | undefined> {
    return this.topUps.lastAutomatic(environmentId, customerId);
  }

  /** In the open transaction: what the intent made. */
  invoiced(environmentId: string, id: string, stripeInvoiceId: string): Promise<void> {
    return this.topUps.update(environmentId, id, { state: 'open', stripe_invoice_id: stripeInvoiceId });
  }

  note(environmentId: string, id: string, failure: string): Promise<void> {
    return this.database.tenant(environmentId, () => this.topUps.update(environmentId, id, { failure }));
  }

  /** There will be no invoice. */
  fail(environmentId: string, id: string, failure: string): Promise<void> {
    return this.database.tenant(environmentId, () =>
      this.topUps.update(environmentId, id, { state: 'failed', failure, settled_at: this.clock.now() }),
    );
  }

  /**
   * Makes a top-up follow from how its invoice stands, in the transaction that takes the invoice over. Gives the credits
   * once, however often it is heard that the invoice is paid.
   */
  async settle(
    environmentId: string,
    stripeInvoiceId: string,
    invoice: 'paid' | 'void' | 'uncollectible',
  ): Promise<void> {
    const topUp = await this.topUps.lockByInvoice(environmentId, stripeInvoiceId);
    if (topUp === undefined || topUp.state === 'paid') {
      return;
    }
    const now = this.clock.now();
    if (invoice !== 'paid') {
      await this.topUps.update(environmentId, topUp.id, { state: 'failed', settled_at: now });
      return;
    }
    const { expires_after_days: days } = topUp;
    await this.grants.give(environmentId, topUp.customer_id, {
      id: idLike(topUp.id, 'credit_grant'),
      source: 'top_up',
      source_id: topUp.id,
      quantity: topUp.credits,
      priority: usualPriority,
      effective_at: now,
      expires_at: days === null ? null : new Date(now.getTime() + days * dayMs),
      reason: null,
    });
    await this.topUps.update(environmentId, topUp.id, { state: 'paid', failure: null, settled_at: now });
  }

  /**
   * Makes the credits of a top-up follow from what of its money went back, in the transaction that takes that over: their
   * share is taken as far as it was not used, and is there again when a dispute is won or a refund fails.
   */
  async followMoney(environmentId: string, stripeInvoiceId: string, amountBack: number): Promise<void> {
    const topUp = await this.topUps.lockByInvoice(environmentId, stripeInvoiceId);
    const back = Math.min(amountBack, topUp?.amount ?? 0);
    if (topUp?.state !== 'paid' || topUp.amount_back === back) {
      return;
    }
    const grantId = idLike(topUp.id, 'credit_grant');
    const wanted = creditsBack({ ...topUp, amount_back: back });
    await this.grants.takeBack(environmentId, topUp.customer_id, grantId, wanted);
    await this.topUps.update(environmentId, topUp.id, {
      amount_back: back,
      ...(back > topUp.amount_back ? { went_back_at: this.clock.now() } : {}),
    });
    await this.audit.record(environmentId, {
      action: 'credit_top_up.money_moved',
      target: { type: 'credit_top_up', id: topUp.id },
      before: { amount_back: topUp.amount_back },
      after: { amount_back: back },
    });
  }
}
