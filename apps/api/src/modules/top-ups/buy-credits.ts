import { multiple } from '@billingos/pricing/money';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import Big from 'big.js';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AppError } from '../../platform/errors.ts';
import { IdempotencyConflict } from '../../platform/http/idempotency.errors.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { newId } from '../../platform/ids.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { findOneOffInvoice, makeOneOffInvoice } from '../../stripe/stripe.one-off-invoices.ts';
import { AuditService } from '../audit/audit.service.ts';
import { type TopUpRow, TopUpsService } from '../credits/top-ups.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { InvoicesService } from '../invoices/invoices.service.ts';
import type { PackRow } from './packs.service.ts';
import { ChargeInvoice } from './charge-invoice.ts';
import { PacksService } from './packs.service.ts';
import { chargeTopUp } from './top-ups.jobs.ts';
import type { BuyCredits as Wish, CreditTopUp } from './top-ups.schemas.ts';

const invoiceIntent = {
  kind: 'top_up.invoice',
  params: z.object({
    top_up_id: z.string(),
    stripe_customer_id: z.string(),
    amount: z.int(),
    currency: z.string(),
    description: z.string(),
  }),
};
/** Longer than a request that charges may take. */
const resumeAfterMs = 60_000;

/**
 * Sells credits. The purchase and a job that would finish it are committed first; then an invoice is made and paid on
 * Stripe; whoever hears that it is paid gives the credits. A payment that the bank refuses makes the invoice void; one that
 * the customer must confirm leaves it open.
 */
@Injectable()
export class BuyCredits implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly packs: PacksService,
    private readonly topUps: TopUpsService,
    private readonly customers: CustomersService,
    private readonly invoices: InvoicesService,
    private readonly charges: ChargeInvoice,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly outbox: Outbox,
    private readonly audit: AuditService,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...invoiceIntent,
      call: async (wish, context) =>
        makeOneOffInvoice(await this.connections.of(context.environment_id), wish, context),
      recover: async (wish, context) =>
        findOneOffInvoice(await this.connections.of(context.environment_id), wish, context),
      settle: (environmentId, { top_up_id: id }, { stripe_object_id: stripeInvoiceId }) =>
        this.topUps.invoiced(environmentId, id, stripeInvoiceId),
    });
    this.handlers.register(chargeTopUp, ({ top_up_id: id }, { environment_id: environmentId }) =>
      this.charge(environmentId, id),
    );
  }

  /**
   * Throws `CustomerNotFound`, `CreditPackNotFound`, `CreditPackArchived`, `StripeNotConnected`, and `IdempotencyConflict`
   * for a key that came before with another wish.
   */
  async buy(environmentId: string, reference: string, wish: Wish): Promise<CreditTopUp> {
    const { id: customerId } = await this.customers.get(environmentId, reference, 'id');
    await this.connections.of(environmentId);
    const id = await this.database.tenant(environmentId, async () => {
      const pack = await this.packs.getSold(environmentId, wish.pack);
      const begun = await this.begin(environmentId, customerId, pack, {
        packs: wish.packs,
        idempotency_key: wish.idempotency_key,
        payment_method: wish.payment_method ?? null,
        is_automatic: false,
      });
      if (begun !== undefined) {
        return begun;
      }
      const earlier = await this.topUps.findByKey(environmentId, wish.idempotency_key);
      if (
        earlier?.customer_id !== customerId ||
        earlier.pack_id !== pack.id ||
        earlier.packs !== wish.packs
      ) {
        throw new IdempotencyConflict();
      }
      return earlier.id;
    });
    await this.charge(environmentId, id);
    return this.shown(environmentId, await this.get(environmentId, id));
  }

  /** Writes a purchase and the job that would finish it, in the open transaction. Undefined: it is there already. */
  async begin(
    environmentId: string,
    customerId: string,
    pack: PackRow,
    wish: {
      packs: number;
      idempotency_key: string | null;
      payment_method: string | null;
      is_automatic: boolean;
    },
  ): Promise<string | undefined> {
    const id = newId('credit_top_up');
    const now = this.clock.now();
    const isNew = await this.topUps.begin(environmentId, {
      ...wish,
      id,
      customer_id: customerId,
      pack_id: pack.id,
      credits: new Big(pack.credits).times(wish.packs).toFixed(),
      amount: multiple(pack.amount, wish.packs),
      currency: pack.currency,
      expires_after_days: pack.expires_after_days,
      created_at: now,
    });
    if (!isNew) {
      return undefined;
    }
    await this.audit.record(environmentId, {
      action: 'credit_top_up.begun',
      target: { type: 'credit_top_up', id },
      after: { customer: customerId, pack: pack.id, packs: wish.packs, is_automatic: wish.is_automatic },
    });
    await this.outbox.add(
      environmentId,
      chargeTopUp,
      { top_up_id: id },
      { available_at: new Date(now.getTime() + (wish.is_automatic ? 0 : resumeAfterMs)) },
    );
    return id;
  }

  /** A purchase of a customer. Undefined: there is none, or it is another customer's. */
  async find(environmentId: string, customerId: string, id: string): Promise<CreditTopUp | undefined> {
    const topUp = await this.topUps.find(environmentId, id);
    return topUp?.customer_id === customerId ? this.shown(environmentId, topUp) : undefined;
  }

  /** Throws `CustomerNotFound`. */
  async list(environmentId: string, reference: string, page: PageRequest): Promise<CreditTopUp[]> {
    const { id } = await this.customers.get(environmentId, reference, 'id');
    const rows = await this.topUps.list(environmentId, id, page);
    return Promise.all(rows.map((row) => this.shown(environmentId, row)));
  }

  /** Brings a purchase as far as it goes now. One that is settled, or waits for the customer, stays as it is. */
  private async charge(environmentId: string, id: string): Promise<void> {
    const topUp = await this.get(environmentId, id);
    if (topUp.state === 'paid' || topUp.state === 'failed' || topUp.failure !== null) {
      return;
    }
    try {
      const stripeInvoiceId = topUp.stripe_invoice_id ?? (await this.invoice(environmentId, topUp));
      const refusal = await this.charges.charge(environmentId, stripeInvoiceId, {
        payment_method: topUp.payment_method ?? undefined,
        must_be_there: !topUp.is_automatic,
      });
      if (refusal !== undefined) {
        await this.topUps.note(environmentId, id, refusal);
      }
    } catch (error) {
      // Nobody knows: the job finds out.
      if (error instanceof StripeUnavailable && !topUp.is_automatic) {
        return;
      }
      if (error instanceof AppError && !(error instanceof StripeUnavailable)) {
        const current = await this.get(environmentId, id);
        if (current.state === 'pending') {
          await this.topUps.fail(environmentId, id, error.message);
        }
      }
      throw error;
    }
  }

  private async invoice(environmentId: string, topUp: TopUpRow): Promise<string> {
    const customer = await this.customers.get(environmentId, topUp.customer_id);
    return this.intents.perform(environmentId, invoiceIntent, topUp.id, {
      top_up_id: topUp.id,
      stripe_customer_id: await this.charges.customerOnStripe(environmentId, customer),
      amount: topUp.amount,
      currency: topUp.currency,
      description: `${Number(topUp.credits)} credits`,
    });
  }

  private async get(environmentId: string, id: string): Promise<TopUpRow> {
    const topUp = await this.topUps.find(environmentId, id);
    if (topUp === undefined) {
      throw new Error(`There is no top-up ${id}.`);
    }
    return topUp;
  }

  private async shown(environmentId: string, topUp: TopUpRow): Promise<CreditTopUp> {
    const invoice =
      topUp.state === 'open' && topUp.stripe_invoice_id !== null
        ? await this.invoices.findByStripeId(environmentId, topUp.stripe_invoice_id)
        : undefined;
    const { customer_id: customer, pack_id: pack, amount, currency, credits, ...facts } = topUp;
    const { payment_method: _method, amount_back: back, ...row } = facts;
    return {
      ...row,
      customer,
      pack,
      credits: Number(credits),
      amount: { amount, currency },
      amount_back: { amount: back, currency },
      pay_url: invoice?.hosted_invoice_url ?? null,
    };
  }
}
