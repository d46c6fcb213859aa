import { isDeepStrictEqual } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newIdOf } from '../../platform/ids.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Connections } from '../../stripe/connections.ts';
import { type DisputeState, listDisputes } from '../../stripe/stripe.disputes.ts';
import { StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { findInvoiceOfPayment } from '../../stripe/stripe.invoice-state.ts';
import { listRefunds, type RefundState } from '../../stripe/stripe.refunds.ts';
import { AuditService } from '../audit/audit.service.ts';
import { TopUpsService } from '../credits/top-ups.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { type InvoiceRow, InvoicesService } from '../invoices/invoices.service.ts';
import { TakeOverInvoice } from '../invoices/take-over-invoice.ts';
import { amountBack } from './amount-back.ts';
import { isClosedDispute } from './dispute.ts';
import { type DisputeChange, FollowDispute } from './follow-dispute.ts';
import { takeOverPayments } from './payments.jobs.ts';
import { PaymentsRepository } from './payments.repository.ts';

const attemptsMax = 5;

type Payment = Awaited<ReturnType<InvoicesService['payments']>>[number];

/** Takes over what went back of an invoice's payments: refunds and disputes, as Stripe has them now. */
@Injectable()
export class TakeOverPayments implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly payments: PaymentsRepository,
    private readonly invoices: InvoicesService,
    private readonly invoice: TakeOverInvoice,
    private readonly customers: CustomersService,
    private readonly topUps: TopUpsService,
    private readonly connections: Connections,
    private readonly follow: FollowDispute,
    private readonly audit: AuditService,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(
      takeOverPayments,
      async ({ invoice_id: id }, { environment_id: environmentId }) => {
        const { stripe_invoice_id: stripeId } = await this.invoices.find(environmentId, id);
        if (stripeId !== null) {
          await this.takeInvoice(environmentId, stripeId, { asked: true });
        }
      },
    );
  }

  /**
   * Takes over an invoice and, where its payments say that something went back, or `asked`, the refunds and disputes.
   * Returns our id of the invoice; undefined when it is not ours. Throws `StripeUnavailable`.
   */
  async takeInvoice(
    environmentId: string,
    stripeInvoiceId: string,
    { asked = false }: { asked?: boolean } = {},
  ): Promise<string | undefined> {
    const id = await this.invoice.take(environmentId, stripeInvoiceId);
    if (id === undefined) {
      return undefined;
    }
    const payments = await this.invoices.payments(environmentId, id);
    const wentBack = payments.some((payment) => payment.amount_refunded > 0 || payment.is_disputed);
    if (asked || wentBack || (await this.isKnown(environmentId, id))) {
      await this.take(environmentId, id);
    }
    return id;
  }

  /** Takes over the invoice that a payment intent pays, if it pays one. Throws `StripeUnavailable`. */
  async takeByIntent(
    environmentId: string,
    paymentIntentId: string,
    options: { asked?: boolean } = {},
  ): Promise<void> {
    const connection = await this.connections.find(environmentId);
    if (connection === undefined) {
      return;
    }
    const id = await this.invoices.findIdByPaymentIntent(environmentId, paymentIntentId);
    const stripeId =
      id === undefined
        ? await findInvoiceOfPayment(connection, paymentIntentId)
        : (await this.invoices.find(environmentId, id)).stripe_invoice_id;
    if (stripeId !== undefined && stripeId !== null) {
      await this.takeInvoice(environmentId, stripeId, options);
    }
  }

  /** Takes over the refunds and disputes of an invoice of ours. Throws `StripeUnavailable`. */
  async take(environmentId: string, invoiceId: string): Promise<void> {
    const connection = await this.connections.find(environmentId);
    if (connection === undefined) {
      return;
    }
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const invoice = await this.invoices.find(environmentId, invoiceId);
      const payments = (await this.invoices.payments(environmentId, invoiceId)).filter(
        ({ status }) => status === 'succeeded',
      );
      const refunds: RefundState[] = [];
      const disputes: DisputeState[] = [];
      for (const intent of new Set(payments.map((payment) => payment.stripe_payment_intent_id))) {
        refunds.push(...(await listRefunds(connection, intent)));
        disputes.push(...(await listDisputes(connection, intent)));
      }
      try {
        await this.database.tenant(environmentId, () =>
          this.write(environmentId, invoice, { payments, refunds, disputes }),
        );
        return;
      } catch (error) {
        if (!(error instanceof Overtaken)) {
          throw error;
        }
      }
    }
    throw new StripeUnavailable(
      new Error(`The refunds and disputes of ${invoiceId} kept changing while they were taken over.`),
    );
  }

  private async write(
    environmentId: string,
    seen: InvoiceRow,
    read: { payments: Payment[]; refunds: RefundState[]; disputes: DisputeState[] },
  ): Promise<void> {
    await this.customers.lock(environmentId, seen.customer_id);
    const { payments_sequence: sequence, subscription_id: subscriptionId } = await this.invoices.lock(
      environmentId,
      seen.id,
    );
    const paymentOf = (charge: string | null) =>
      read.payments.find(({ stripe_charge_id: id }) => id === charge)?.id ?? null;
    const refunded = await this.writeRefunds(environmentId, seen.id, read.refunds, paymentOf);
    const changes = await this.writeDisputes(environmentId, seen.id, read.disputes, paymentOf);
    if ((refunded || changes.length > 0) && sequence !== seen.payments_sequence) {
      throw new Overtaken();
    }
    // Also a reader who changed nothing counts: what it read is news that a slower answer must not undo.
    await this.invoices.setPaymentsSequence(environmentId, seen.id, sequence + 1);
    await this.follow.apply(environmentId, subscriptionId, changes);
    if (seen.stripe_invoice_id !== null) {
      const back = amountBack(read.refunds, read.disputes);
      await this.topUps.followMoney(environmentId, seen.stripe_invoice_id, back);
    }
  }

  private async writeRefunds(
    environmentId: string,
    invoiceId: string,
    states: RefundState[],
    paymentOf: (charge: string | null) => string | null,
  ): Promise<boolean> {
    const known = await this.payments.refundsOf(environmentId, invoiceId);
    let isChanged = false;
    for (const { stripe_charge_id: charge, ...state } of states) {
      const before = known.find((one) => one.stripe_refund_id === state.stripe_refund_id);
      const fields = { ...state, invoice_id: invoiceId, payment_id: paymentOf(charge) };
      if (isSame(before, fields)) {
        continue;
      }
      isChanged = true;
      const id = before?.id ?? newIdOf('refund', state.created_at);
      await this.payments.saveRefund(environmentId, { id, ...fields, updated_at: this.clock.now() });
      await this.audit.record(environmentId, {
        action: before === undefined ? 'refund.created' : 'refund.updated',
        target: { type: 'refund', id },
        ...(before === undefined ? {} : { before: { status: before.status } }),
        after: { status: state.status, amount: state.amount },
      });
    }
    return isChanged;
  }

  private async writeDisputes(
    environmentId: string,
    invoiceId: string,
    states: DisputeState[],
    paymentOf: (charge: string | null) => string | null,
  ): Promise<DisputeChange[]> {
    const known = await this.payments.disputesOf(environmentId, invoiceId);
    const changes: DisputeChange[] = [];
    for (const { stripe_charge_id: charge, ...state } of states) {
      const before = known.find((one) => one.stripe_dispute_id === state.stripe_dispute_id);
      const fields = {
        ...state,
        invoice_id: invoiceId,
        payment_id: paymentOf(charge),
        closed_at: isClosedDispute(state.status) ? (before?.closed_at ?? this.clock.now()) : null,
      };
      if (isSame(before, fields)) {
        continue;
      }
      const id = before?.id ?? newIdOf('dispute', state.created_at);
      await this.payments.saveDispute(environmentId, { id, ...fields, updated_at: this.clock.now() });
      await this.audit.record(environmentId, {
        action: before === undefined ? 'dispute.created' : 'dispute.updated',
        target: { type: 'dispute', id },
        ...(before === undefined ? {} : { before: { status: before.status } }),
        after: { status: state.status, amount: state.amount },
      });
      changes.push({ id, before: before?.status, after: state.status });
    }
    return changes;
  }

  /** What went back once and came back again shows on no payment. */
  private isKnown(environmentId: string, invoiceId: string): Promise<boolean> {
    return this.database.tenant(environmentId, async () => {
      const refunds = await this.payments.refundsOf(environmentId, invoiceId);
      return refunds.length > 0 || (await this.payments.disputesOf(environmentId, invoiceId)).length > 0;
    });
  }
}

/** Another writer took over a state that may be newer than the one in hand. */
class Overtaken extends Error {}

function isSame(row: object | undefined, fields: object): boolean {
  return (
    row !== undefined &&
    Object.entries(fields).every(([name, value]) => isDeepStrictEqual(Reflect.get(row, name), value))
  );
}
