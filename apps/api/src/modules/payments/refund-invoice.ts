import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { createStripeRefund, findStripeRefund, refundReasons } from '../../stripe/stripe.refunds.ts';
import { InvoiceNotOnStripe } from '../invoices/invoices.errors.ts';
import { InvoicesService, refundOf } from '../invoices/invoices.service.ts';
import { EndSubscription } from './end-subscription.ts';
import { isOpenDispute } from './dispute.ts';
import { NothingToRefund, PaymentDisputed, RefundTooLarge } from './payments.errors.ts';
import { endRefundedSubscription, takeOverPayments } from './payments.jobs.ts';
import { PaymentsRepository } from './payments.repository.ts';
import type { createRefund } from './payments.schemas.ts';
import { TakeOverPayments } from './take-over-payments.ts';

const refundIntent = {
  kind: 'invoice.refund',
  params: z.object({
    invoice_id: z.string(),
    payment_intent: z.string(),
    amount: z.int(),
    reason: z.enum(refundReasons).nullable(),
    /** The subscription that ends with it. */
    ends_subscription_id: z.string().nullable(),
  }),
};

/** Gives back what a card paid, all or some of it. */
@Injectable()
export class RefundInvoice implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly payments: PaymentsRepository,
    private readonly invoices: InvoicesService,
    private readonly takeOver: TakeOverPayments,
    private readonly ending: EndSubscription,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly outbox: Outbox,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...refundIntent,
      call: async ({ payment_intent: paymentIntent, amount, reason }, context) =>
        createStripeRefund(
          await this.connections.of(context.environment_id),
          { payment_intent: paymentIntent, amount, reason },
          context,
        ),
      recover: async (wish, context) =>
        findStripeRefund(await this.connections.of(context.environment_id), wish, context),
      settle: async (environmentId, { invoice_id: id, ends_subscription_id: subscription }) => {
        await this.outbox.add(environmentId, takeOverPayments, { invoice_id: id });
        if (subscription !== null) {
          await this.outbox.add(environmentId, endRefundedSubscription, { subscription_id: subscription });
        }
      },
    });
  }

  /**
   * Throws `InvoiceNotFound`, `InvoiceNotOnStripe`, `NothingToRefund`, `RefundTooLarge`, `PaymentDisputed`, and what
   * Stripe refuses.
   */
  async refund(environmentId: string, id: string, wish: z.output<typeof createRefund>) {
    const invoice = await this.invoices.find(environmentId, id);
    if (invoice.stripe_invoice_id === null) {
      throw new InvoiceNotOnStripe(id);
    }
    // What went back elsewhere counts, too.
    await this.takeOver.takeInvoice(environmentId, invoice.stripe_invoice_id, { asked: true });
    const { payment, amount, count } = await this.choose(environmentId, id, wish.amount);
    const endsSubscription = wish.cancel_subscription ? invoice.subscription_id : null;

    // By the refunds before it: the same request twice at once is one refund, one after the other they are two.
    const stripeRefundId = await this.intents.perform(
      environmentId,
      refundIntent,
      `${id}:${count}:${amount}`,
      {
        invoice_id: id,
        payment_intent: payment.stripe_payment_intent_id,
        amount,
        reason: wish.reason ?? null,
        ends_subscription_id: endsSubscription,
      },
    );
    await this.takeOver.takeInvoice(environmentId, invoice.stripe_invoice_id, { asked: true });
    if (endsSubscription !== null) {
      await this.ending.end(environmentId, endsSubscription);
    }
    return this.get(environmentId, stripeRefundId);
  }

  /** The payment that the refund is of. */
  private async choose(environmentId: string, id: string, wished: number | undefined) {
    const payments = await this.invoices.payments(environmentId, id);
    const left = payments
      .filter(({ status }) => status === 'succeeded')
      .map((payment) => ({ payment, left: payment.amount - payment.amount_refunded }))
      .filter((candidate) => candidate.left > 0)
      .toSorted((a, b) => b.left - a.left)[0];
    if (left === undefined) {
      throw new NothingToRefund(id);
    }
    const amount = wished ?? left.left;
    if (amount > left.left) {
      throw new RefundTooLarge({ amount: left.left, currency: left.payment.currency });
    }
    const [disputes, refunds] = await this.database.tenant(environmentId, async () => [
      await this.payments.disputesOf(environmentId, id),
      await this.payments.refundsOf(environmentId, id),
    ]);
    const isHeld = disputes.some(
      ({ payment_id: paymentId, status }) =>
        paymentId === left.payment.id && (isOpenDispute(status) || status === 'lost'),
    );
    if (isHeld) {
      throw new PaymentDisputed(id);
    }
    return { payment: left.payment, amount, count: refunds.length };
  }

  private get(environmentId: string, stripeRefundId: string) {
    return this.database.tenant(environmentId, async () => {
      const row = await this.payments.findRefundByStripeId(environmentId, stripeRefundId);
      if (row === undefined) {
        throw new Error(`The refund ${stripeRefundId} was made and not found.`);
      }
      return refundOf(row);
    });
  }
}
