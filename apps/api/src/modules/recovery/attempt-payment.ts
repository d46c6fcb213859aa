import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AppError } from '../../platform/errors.ts';
import { Log } from '../../platform/log.ts';
import { StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { PaymentUnderWay } from '../invoices/invoices.errors.ts';
import { PayInvoice } from '../invoices/pay-invoice.ts';
import { attemptLeaseMs, plannedAttempt, type RecoverySettings } from './recovery.ts';
import { RecoveryRepository } from './recovery.repository.ts';
import { type Recovery, RecoveryState } from './recovery-state.ts';

const unknownPauseMs = 5 * 60_000;

/** Charges an invoice once more: begun and noted in a row of its own, so that no attempt is lost or made twice. */
@Injectable()
export class AttemptPayment {
  constructor(
    private readonly database: Database,
    private readonly recoveries: RecoveryRepository,
    private readonly state: RecoveryState,
    private readonly payInvoice: PayInvoice,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * `payments`: how many there were when it was decided. `method`: what the customer would be charged with, when that is
   * why. True when there may be more to do.
   */
  async attempt(
    environmentId: string,
    recovery: Recovery,
    invoiceId: string,
    payments: number,
    method: string | undefined,
  ): Promise<boolean> {
    const now = this.clock.now();
    const isBegun = await this.state.inTransaction(environmentId, recovery, () =>
      this.state.change(environmentId, recovery, {
        attempt_began_at: now,
        attempt_began_count: payments,
        // Whoever began it may die: then somebody else looks, and not only when the next attempt is planned.
        due_at: new Date(now.getTime() + attemptLeaseMs),
        ...(method === undefined ? {} : { tried_payment_method: method }),
      }),
    );
    const settings = await this.database.tenant(environmentId, () => this.recoveries.settings(environmentId));
    // Somebody else was faster: what to do now is read anew.
    if (!isBegun) {
      return true;
    }
    try {
      const { outcome } = await this.payInvoice.pay(environmentId, invoiceId);
      if (outcome === 'unknown') {
        return await this.lookLater(environmentId, recovery.id);
      }
    } catch (error) {
      if (error instanceof PaymentUnderWay || error instanceof StripeUnavailable) {
        return await this.lookLater(environmentId, recovery.id);
      }
      if (!(error instanceof AppError)) {
        throw error;
      }
      // Refused for another reason than the bank's, no card at all for one: an attempt all the same.
      this.log.info('recovery.attempt_refused', { recovery_id: recovery.id, code: error.code });
    }
    return this.noteAttempt(environmentId, invoiceId, settings);
  }

  /** Nobody knows how it ended: the attempt stays begun until somebody does. */
  private async lookLater(environmentId: string, id: string): Promise<false> {
    await this.database.tenant(environmentId, () =>
      this.recoveries.setDue(environmentId, id, new Date(this.clock.now().getTime() + unknownPauseMs)),
    );
    return false;
  }

  /** An attempt is behind us. What was planned before now is, too: it is not made up for in a row. */
  async noteAttempt(environmentId: string, invoiceId: string, settings: RecoverySettings) {
    await this.database.tenant(environmentId, async () => {
      const recovery = await this.recoveries.findByInvoice(environmentId, invoiceId);
      if (recovery !== undefined && recovery.attempt_began_at !== null) {
        const next = plannedAttempt(recovery.first_failed_at, recovery.attempt_began_at, settings);
        await this.state.change(environmentId, recovery, {
          attempts: recovery.attempts + 1,
          attempt_began_at: null,
          attempt_began_count: null,
          next_attempt_at: next,
        });
      }
    });
    return true;
  }
}
