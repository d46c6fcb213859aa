import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { Log } from '../../platform/log.ts';
import { Connections } from '../../stripe/connections.ts';
import { isFinalDecline } from '../../stripe/decline.ts';
import { chargedPaymentMethod, paymentMethodInUse } from '../../stripe/stripe.payment-methods.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { CancelSubscription } from '../subscriptions/cancel-subscription.ts';
import { PauseSubscription } from '../subscriptions/pause-subscription.ts';
import { SubscriptionEnded } from '../subscriptions/subscriptions.errors.ts';
import type { Subscription } from '../subscriptions/subscriptions.service.ts';
import { SuspendSubscription } from '../subscriptions/suspend-subscription.ts';
import { AttemptPayment } from './attempt-payment.ts';
import { countedFrom, type FinalAction, nextStep, plannedAttempt } from './recovery.ts';
import { reviewRecovery, tryNewPaymentMethod } from './recovery.jobs.ts';
import { RecoveryRepository } from './recovery.repository.ts';
import {
  failuresOf,
  factsOf,
  type Known,
  type Payment,
  type Recovery,
  RecoveryState,
} from './recovery-state.ts';
import { TellOfRecovery } from './tell-of-recovery.ts';

const sweepEveryMs = 5_000;
const leaseSeconds = 180;
const claimedAtOnce = 50;
const unattendedAtOnce = 100;
/** More than any history takes; whoever gets there is looked at again when the lease is over. */
const stepsMax = 20;
const day = 24 * 60 * 60 * 1_000;

/**
 * The loop that owns an invoice whose payment failed. It reads how things stand, does the one thing that is due, and
 * reads again, until nothing is due. Events, sweeps and people only make it look: how often and in which order they do
 * does not matter, and nothing is done twice.
 */
@Injectable()
export class RecoverPayment implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly recoveries: RecoveryRepository,
    private readonly state: RecoveryState,
    private readonly attempts: AttemptPayment,
    private readonly cancelSubscription: CancelSubscription,
    private readonly pauseSubscription: PauseSubscription,
    private readonly suspension: SuspendSubscription,
    private readonly customers: CustomersService,
    private readonly connections: Connections,
    private readonly tell: TellOfRecovery,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly handlers: JobHandlers,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.handlers.register(reviewRecovery, ({ invoice_id: id }, { environment_id: environmentId }) =>
      this.review(environmentId, id),
    );
    this.handlers.register(tryNewPaymentMethod, ({ customer_id: id }, { environment_id: environmentId }) =>
      this.tryNewMethod(environmentId, id),
    );
    this.sweeper.register({ name: 'recovery.sweep', every_ms: sweepEveryMs, run: () => this.sweep() });
  }

  /** Looks at everything that is due, and at failed payments that nobody told of. */
  async sweep(): Promise<void> {
    for (const { environment_id: environmentId, invoice_id: id } of await this.recoveries.unattended(
      unattendedAtOnce,
    )) {
      await this.reviewQuietly(environmentId, id);
    }
    let claimed;
    do {
      claimed = await this.recoveries.claim(this.clock.now(), leaseSeconds, claimedAtOnce);
      for (const { environment_id: environmentId, invoice_id: id } of claimed) {
        await this.reviewQuietly(environmentId, id);
      }
    } while (claimed.length === claimedAtOnce);
  }

  /** Asks for a look, in the open transaction or one of its own. */
  reviewLater(environmentId: string, invoiceId: string): Promise<string> {
    return this.database.tenant(environmentId, () =>
      this.outbox.add(environmentId, reviewRecovery, { invoice_id: invoiceId }),
    );
  }

  /** Asks to look whether a customer can be charged otherwise now. Nothing is recovered: nothing is asked. */
  tryNewMethodLater(environmentId: string, customerId: string): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const invoiceIds = await this.recoveries.recoveringInvoices(environmentId, customerId);
      if (invoiceIds.length > 0) {
        await this.outbox.add(environmentId, tryNewPaymentMethod, { customer_id: customerId });
      }
    });
  }

  /** Does whatever is due about an invoice. Throws `StripeUnavailable`: then it is due again soon. */
  async review(environmentId: string, invoiceId: string): Promise<void> {
    for (let step = 1; step <= stepsMax; step++) {
      const known = await this.state.read(environmentId, invoiceId);
      if (known === undefined || !(await this.takeStep(environmentId, known))) {
        return;
      }
    }
    this.log.warn('recovery.unsettled', { invoice_id: invoiceId });
  }

  /** A customer may be charged otherwise now: what failed with another payment method is tried at once. */
  async tryNewMethod(environmentId: string, customerId: string): Promise<void> {
    const invoiceIds = await this.database.tenant(environmentId, () =>
      this.recoveries.recoveringInvoices(environmentId, customerId),
    );
    for (const invoiceId of invoiceIds) {
      const known = await this.state.read(environmentId, invoiceId);
      const { recovery, invoice } = known ?? {};
      const stripeSubscriptionId = known?.subscription.stripe_subscription_id ?? null;
      if (
        recovery === undefined ||
        invoice === undefined ||
        invoice.stripe_customer_id === null ||
        stripeSubscriptionId === null
      ) {
        continue;
      }
      const method = await paymentMethodInUse(await this.connections.of(environmentId), {
        stripe_customer_id: invoice.stripe_customer_id,
        stripe_subscription_id: stripeSubscriptionId,
      });
      const isNew =
        method !== null &&
        method !== recovery.failed_payment_method &&
        method !== recovery.tried_payment_method;
      if (isNew && invoice.status === 'open') {
        await this.attempts.attempt(environmentId, recovery, invoice.id, known?.payments.length ?? 0, method);
        await this.review(environmentId, invoiceId);
      }
    }
  }

  /** Tries now, whatever is planned. */
  async retryNow(environmentId: string, invoiceId: string): Promise<void> {
    const known = await this.state.read(environmentId, invoiceId);
    if (known?.recovery !== undefined) {
      await this.attempts.attempt(environmentId, known.recovery, invoiceId, known.payments.length, undefined);
      await this.review(environmentId, invoiceId);
    }
  }

  /** Ends the loop: somebody looks after it in another way. In the open transaction. False: it was changed meanwhile. */
  async stop(environmentId: string, recovery: Recovery): Promise<boolean> {
    const isStopped = await this.state.change(environmentId, recovery, {
      state: 'stopped',
      ...this.state.ended(),
    });
    if (isStopped) {
      await this.tell.resolved(environmentId, recovery.invoice_id);
    }
    return isStopped;
  }

  private async reviewQuietly(environmentId: string, invoiceId: string): Promise<void> {
    await this.review(environmentId, invoiceId).catch((error: unknown) => {
      // One that cannot be helped now must not keep the others waiting: its lease runs out.
      this.log.warn('recovery.review_failed', {
        invoice_id: invoiceId,
        error: error instanceof Error ? error : undefined,
      });
    });
  }

  /** True when there may be more to do. */
  private async takeStep(environmentId: string, known: Known): Promise<boolean> {
    const { recovery, invoice, subscription, settings } = known;
    if (recovery === undefined) {
      return isToBeRecovered(known) && this.begin(environmentId, known);
    }
    if (invoice.status === 'open' && failuresOf(known.payments) > recovery.failures) {
      await this.noteFailure(environmentId, recovery, known);
      return true;
    }
    const next = nextStep(factsOf(recovery, known), settings, this.clock.now());
    switch (next.step) {
      case 'recover':
        await this.recover(environmentId, recovery, known);
        return true;
      case 'stop':
        await this.state.inTransaction(environmentId, recovery, () => this.stop(environmentId, recovery));
        return true;
      case 'suspend':
        await this.state.inTransaction(environmentId, recovery, async () => {
          await this.suspension.suspend(environmentId, recovery.subscription_id, 'past_due');
          return this.state.change(environmentId, recovery, { suspended_at: this.clock.now() });
        });
        return true;
      case 'announce':
        await this.state.inTransaction(environmentId, recovery, async () => {
          await this.tell.ofAttempt(environmentId, recovery, invoice, next.attempt_at);
          return this.state.change(environmentId, recovery, { announced_attempt_at: next.attempt_at });
        });
        return true;
      case 'attempt':
        return this.attempts.attempt(environmentId, recovery, invoice.id, known.payments.length, undefined);
      case 'attempt_happened':
        return this.attempts.noteAttempt(environmentId, recovery.invoice_id, settings);
      case 'give_up':
        await this.act(environmentId, next.action, recovery.owner === 'stripe', subscription);
        await this.giveUp(environmentId, recovery, known, next.action);
        return true;
      case 'wait':
        await this.database.tenant(environmentId, () =>
          this.recoveries.setDue(environmentId, recovery.id, next.until),
        );
        return false;
    }
  }

  private async begin(environmentId: string, { invoice, payments, settings, subscription }: Known) {
    const { failed, method } = await this.lastFailure(environmentId, payments);
    const now = this.clock.now();
    const failedAt = payments.find(({ status }) => status === 'failed')?.created_at ?? now;
    const owner = invoice.next_attempt_at === null ? settings.owner : 'stripe';
    const firstFailedAt = owner === 'stripe' ? failedAt : countedFrom(failedAt, now, settings);
    const code = failed?.failure_code ?? null;
    const isHard = code !== null && isFinalDecline(code);
    const attemptAt =
      owner === 'stripe'
        ? invoice.next_attempt_at
        : isHard
          ? null
          : plannedAttempt(firstFailedAt, now, settings);
    const id = newId('recovery');
    await this.database.tenant(environmentId, async () => {
      await this.customers.lock(environmentId, invoice.customer_id);
      const isNew = await this.recoveries.insert(environmentId, {
        id,
        invoice_id: invoice.id,
        customer_id: invoice.customer_id,
        subscription_id: subscription.id,
        owner,
        currency: invoice.currency,
        amount: invoice.amount_remaining,
        failures: Math.max(1, failuresOf(payments)),
        decline_code: code,
        is_hard_decline: isHard,
        failed_payment_method: method,
        next_attempt_at: owner === 'stripe' ? null : attemptAt,
        // Within a day of it the first mail is the announcement.
        announced_attempt_at:
          attemptAt !== null && attemptAt.getTime() - now.getTime() <= day ? attemptAt : null,
        due_at: now,
        first_failed_at: firstFailedAt,
        created_at: now,
      });
      const began = isNew ? await this.recoveries.find(environmentId, id) : undefined;
      if (began !== undefined) {
        await this.audit.record(environmentId, {
          action: 'recovery.began',
          target: { type: 'recovery', id },
          after: { invoice: invoice.id, owner },
        });
        await this.tell.ofFailure(environmentId, began, invoice, attemptAt);
      }
    });
    return true;
  }

  private async noteFailure(environmentId: string, recovery: Recovery, { payments, invoice }: Known) {
    const { failed, method } = await this.lastFailure(environmentId, payments);
    const code = failed?.failure_code ?? recovery.decline_code;
    const isHard = code !== null && isFinalDecline(code);
    return this.state.inTransaction(environmentId, recovery, async () => {
      if (isHard && !recovery.is_hard_decline) {
        await this.tell.ofFailure(
          environmentId,
          { ...recovery, decline_code: code, is_hard_decline: true, failures: failuresOf(payments) },
          invoice,
          null,
        );
      }
      return this.state.change(environmentId, recovery, {
        failures: failuresOf(payments),
        decline_code: code,
        is_hard_decline: isHard,
        failed_payment_method: method,
        ...(isHard ? { next_attempt_at: null } : {}),
      });
    });
  }

  /** Why it failed last, and what was charged then. */
  private async lastFailure(environmentId: string, payments: Payment[]) {
    const failed = payments.findLast(({ status }) => status === 'failed');
    const connection = await this.connections.find(environmentId);
    return {
      failed,
      method:
        failed === undefined || connection === undefined
          ? null
          : await chargedPaymentMethod(connection, failed.stripe_charge_id),
    };
  }

  private async recover(environmentId: string, recovery: Recovery, { invoice, subscription }: Known) {
    await this.state.inTransaction(environmentId, recovery, async () => {
      await this.suspension.restore(environmentId, recovery.subscription_id, 'past_due');
      await this.tell.ofSuccess(environmentId, recovery, invoice);
      return this.state.change(environmentId, recovery, {
        state: 'recovered',
        recovered_amount: invoice.amount_paid,
        // Stripe may tell that it was paid before whoever tried has noted it.
        attempts: recovery.attempts + (recovery.attempt_began_at === null ? 0 : 1),
        ...this.state.ended(),
      });
    });
    if (recovery.final_action === 'pause' && subscription.status === 'paused') {
      await this.pauseSubscription.resume(environmentId, subscription.id);
    }
  }

  /** What becomes of the subscription. Stripe's own ending needs none of ours. */
  private async act(
    environmentId: string,
    action: FinalAction,
    isStripes: boolean,
    { id, status }: Subscription,
  ): Promise<void> {
    try {
      if (action === 'cancel' && !isStripes) {
        // Of whom nothing can be collected a last invoice asks for nothing more.
        await this.cancelSubscription.cancel(environmentId, id, {
          when: 'now',
          refund: 'none',
          charges_usage: false,
        });
      } else if (action === 'pause' && status !== 'paused') {
        await this.pauseSubscription.pause(environmentId, id, null, { even_late: true });
      }
    } catch (error) {
      if (!(error instanceof SubscriptionEnded)) {
        throw error;
      }
    }
  }

  private giveUp(
    environmentId: string,
    recovery: Recovery,
    { invoice, settings }: Known,
    action: FinalAction,
  ) {
    return this.state.inTransaction(environmentId, recovery, async () => {
      if (action === 'keep') {
        await this.suspension.suspend(environmentId, recovery.subscription_id, 'past_due');
      }
      await this.tell.ofLoss(environmentId, recovery, invoice, { action, survey: settings.survey });
      return this.state.change(environmentId, recovery, {
        state: 'failed',
        final_action: action,
        ...this.state.ended(),
      });
    });
  }
}

/** A renewal that was not paid; what never began, or a change that did not take place, is nobody's debt. */
function isToBeRecovered({ invoice, subscription }: Known): boolean {
  return (
    invoice.status === 'open' &&
    invoice.attempt_count > 0 &&
    invoice.amount_remaining > 0 &&
    (subscription.status === 'past_due' || subscription.status === 'unpaid')
  );
}
