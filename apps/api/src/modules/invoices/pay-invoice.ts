import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { isFinalDecline, needsHolder } from '../../stripe/decline.ts';
import { Intents } from '../../stripe/intents.ts';
import { PaymentFailed, StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { payStripeInvoice } from '../../stripe/stripe.invoices.ts';
import { SyncCustomer } from '../subscriptions/sync-customer.ts';
import { InvoiceNotOnStripe, PaymentUnderWay } from './invoices.errors.ts';
import { resolvePayment, takeOverInvoice } from './invoices.jobs.ts';
import { type InvoiceRow, InvoicesService } from './invoices.service.ts';
import { attemptOf, PaymentRight } from './payment-right.ts';
import { TakeOverInvoice } from './take-over-invoice.ts';

const payIntent = {
  kind: 'invoice.pay',
  params: z.object({
    stripe_invoice_id: z.string(),
    stripe_customer_id: z.string(),
    payment_method: z.string().nullable(),
    off_session: z.boolean(),
  }),
};

export interface Decline {
  /** The bank's reason: `insufficient_funds`. */
  code: string;
  message: string;
  /** This card will not pay: ask for another instead of trying again. */
  is_final: boolean;
}

export type PaymentOutcome =
  | { outcome: 'paid' | 'unknown'; decline: null }
  | { outcome: 'declined' | 'requires_action'; decline: Decline };

/**
 * Charges an open invoice. Recovery, the pay page and the API all come here, so that at most one payment succeeds:
 * one tries at a time, after a last look at Stripe, with one idempotency key for invoice, amount and attempts before; and
 * while nobody knows what became of an attempt, no other begins.
 */
@Injectable()
export class PayInvoice implements OnModuleInit {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly right: PaymentRight,
    private readonly takeOver: TakeOverInvoice,
    private readonly syncCustomer: SyncCustomer,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly outbox: Outbox,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...payIntent,
      call: async (wish, { environment_id: environmentId, idempotency_key: key }) =>
        payStripeInvoice(await this.connections.of(environmentId), wish, key),
      // No payment is tried again without looking: what this one did, the invoice shows, and the right to pay is held.
      recover: 'give_up',
      settle: async (environmentId, { stripe_invoice_id: id }) => {
        await this.outbox.add(environmentId, takeOverInvoice, { stripe_invoice_id: id });
      },
    });
    this.handlers.register(resolvePayment, ({ invoice_id: id }, { environment_id: environmentId }) =>
      this.resolve(environmentId, id),
    );
    this.handlers.register(
      takeOverInvoice,
      async ({ stripe_invoice_id: id }, { environment_id: environmentId }) => {
        await this.takeOver.take(environmentId, id);
      },
    );
  }

  /**
   * Tries to pay. `off_session` (the default): the customer is not there to confirm it. Throws `InvoiceNotFound`,
   * `InvoiceNotOpen`, `InvoiceNotOnStripe`, `PaymentUnderWay`, and what Stripe refuses other than the payment.
   */
  async pay(
    environmentId: string,
    id: string,
    how: { payment_method?: string | undefined; off_session?: boolean | undefined } = {},
  ): Promise<PaymentOutcome> {
    await this.invoices.find(environmentId, id);
    await this.connections.of(environmentId);
    let claim = await this.right.claim(environmentId, id);
    if (claim === 'stale') {
      await this.resolve(environmentId, id);
      claim = await this.right.claim(environmentId, id);
    }
    if (claim === 'stale') {
      throw new PaymentUnderWay(id);
    }
    return this.payAs(environmentId, id, claim.holder, how);
  }

  private async payAs(
    environmentId: string,
    id: string,
    holder: string,
    how: { payment_method?: string | undefined; off_session?: boolean | undefined },
  ): Promise<PaymentOutcome> {
    const invoice = await this.prepare(environmentId, id, holder);
    if (invoice.status !== 'open') {
      return this.outcomeOf(environmentId, invoice);
    }
    try {
      await this.intents.perform(environmentId, payIntent, `${id}:${invoice.attempt}`, {
        stripe_invoice_id: invoice.stripe_invoice_id,
        stripe_customer_id: invoice.stripe_customer_id,
        payment_method: how.payment_method ?? null,
        off_session: how.off_session ?? true,
      });
      const after = await this.look(environmentId, id);
      await this.right.release(environmentId, id, invoice.holder);
      return await this.outcomeOf(environmentId, after);
    } catch (error) {
      // Nobody knows: the right stays taken, and a job finds out.
      if (error instanceof StripeUnavailable) {
        return { outcome: 'unknown', decline: null };
      }
      await this.right.release(environmentId, id, invoice.holder);
      if (!(error instanceof PaymentFailed)) {
        throw error;
      }
      const { decline_code: code, reason: message } = error;
      // The bank has answered; what Stripe made of it is heard in any case.
      await this.look(environmentId, id).catch(unlessUnavailable);
      return {
        outcome: needsHolder(code) ? 'requires_action' : 'declined',
        decline: { code, message, is_final: isFinalDecline(code) },
      };
    }
  }

  /** The last look before a payment. What is no more to be paid, or cannot be, gives the right back. */
  private async prepare(environmentId: string, id: string, holder: string) {
    try {
      const invoice = await this.look(environmentId, id);
      const payments = await this.invoices.payments(environmentId, id);
      // A bank takes days over some payments.
      if (payments.some(({ status }) => status === 'pending')) {
        throw new PaymentUnderWay(id);
      }
      const attempt = `${invoice.amount_remaining}:${payments.length}`;
      if (invoice.status !== 'open') {
        await this.right.release(environmentId, id, holder);
      } else if (!(await this.right.note(environmentId, id, holder, attempt))) {
        throw new PaymentUnderWay(id);
      }
      return { ...invoice, attempt, holder: `${holder}:${attempt}` };
    } catch (error) {
      await this.right.release(environmentId, id, holder);
      throw error;
    }
  }

  /**
   * Finds out what became of a payment whose holder has not been heard of for too long, and gives the right back.
   * Changes nothing while the holder has time left. Throws `StripeUnavailable` when nobody knows still.
   */
  private async resolve(environmentId: string, id: string): Promise<void> {
    const invoice = await this.invoices.find(environmentId, id);
    const { paying_by: holder, paying_until: until } = invoice;
    if (holder === null || until === null || until > this.clock.now()) {
      return;
    }
    const attempt = attemptOf(holder);
    if (attempt !== undefined) {
      // Stripe is asked with the same key: it answers as it did, or does it now.
      await this.intents.finish(environmentId, payIntent, `${id}:${attempt}`);
    }
    const { customer_id: customerId } = await this.look(environmentId, id);
    await this.right.release(environmentId, id, holder);
    await this.syncCustomer.sync(environmentId, customerId);
  }

  /** How the invoice stands on Stripe now. */
  private async look(environmentId: string, id: string) {
    const known = await this.invoices.find(environmentId, id);
    if (known.stripe_invoice_id === null || known.stripe_customer_id === null) {
      throw new InvoiceNotOnStripe(id);
    }
    await this.takeOver.take(environmentId, known.stripe_invoice_id);
    return {
      ...(await this.invoices.find(environmentId, id)),
      stripe_invoice_id: known.stripe_invoice_id,
      stripe_customer_id: known.stripe_customer_id,
    };
  }

  private async outcomeOf(environmentId: string, invoice: InvoiceRow): Promise<PaymentOutcome> {
    await this.syncCustomer.sync(environmentId, invoice.customer_id);
    return { outcome: invoice.status === 'paid' ? 'paid' : 'unknown', decline: null };
  }
}

function unlessUnavailable(error: unknown): void {
  if (!(error instanceof StripeUnavailable)) {
    throw error;
  }
}
