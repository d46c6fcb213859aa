import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId, newIdOf } from '../../platform/ids.ts';
import { type Connection, Connections } from '../../stripe/connections.ts';
import { type CreditNoteState, listCreditNotes } from '../../stripe/stripe.credit-notes.ts';
import { StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { type InvoiceState, retrieveInvoice } from '../../stripe/stripe.invoice-state.ts';
import { AuditService } from '../audit/audit.service.ts';
import { TopUpsService } from '../credits/top-ups.service.ts';
import { type Customer, CustomersService } from '../customers/customers.service.ts';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.ts';
import { SyncCustomer } from '../subscriptions/sync-customer.ts';
import { InvoicePartsRepository } from './invoice-parts.repository.ts';
import { InvoicesRepository } from './invoices.repository.ts';
import { AwaitUsage } from './await-usage.ts';
import { type Candidate, ParkInvoice } from './park-invoice.ts';

const attemptsMax = 5;

type Row = NonNullable<Awaited<ReturnType<InvoicesRepository['find']>>>;

/**
 * Takes over what Stripe says about an invoice now: itself, its lines, the attempts to pay it and its credit notes.
 * Whoever hears of a change comes here, so that order and repetition do not matter.
 */
@Injectable()
export class TakeOverInvoice {
  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesRepository,
    private readonly parts: InvoicePartsRepository,
    private readonly customers: CustomersService,
    private readonly subscriptions: SubscriptionsService,
    private readonly syncCustomer: SyncCustomer,
    private readonly parking: ParkInvoice,
    private readonly awaitUsage: AwaitUsage,
    private readonly connections: Connections,
    private readonly topUps: TopUpsService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /**
   * Asks Stripe and writes. Returns our id of the invoice; undefined when its customer is not ours, and for a draft
   * that was deleted before we saw it. Credit notes are looked for where the invoice shows some, or `noted`: one that is
   * void does not show. Throws `StripeUnavailable`.
   */
  async take(
    environmentId: string,
    stripeInvoiceId: string,
    { noted = false }: { noted?: boolean } = {},
  ): Promise<string | undefined> {
    const connection = await this.connections.find(environmentId);
    if (connection === undefined) {
      return undefined;
    }
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const before = await this.find(environmentId, stripeInvoiceId);
      const state = await retrieveInvoice(connection, stripeInvoiceId);
      if (state === undefined) {
        return before === undefined ? undefined : this.noteDeletion(environmentId, before);
      }
      const result = await this.takeState(environmentId, connection, state, {
        sequence: before?.stripe_sequence ?? 0,
        noted,
      });
      if (result !== 'overtaken') {
        return result.id;
      }
    }
    throw new StripeUnavailable(
      new Error(`Stripe's state of ${stripeInvoiceId} kept changing while it was taken over.`),
    );
  }

  /**
   * Writes a state that was read when our row had counted to `sequence` (0: there was no row). `overtaken`: another writer was faster and
   * what is in hand is something else than what it wrote, so it must be read again.
   */
  async takeState(
    environmentId: string,
    connection: Connection,
    state: InvoiceState,
    { sequence, noted = false }: { sequence: number; noted?: boolean },
  ): Promise<{ id: string | undefined } | 'overtaken'> {
    const customer =
      state.stripe_customer_id === null
        ? undefined
        : await this.customers.findByStripeCustomer(environmentId, state.stripe_customer_id);
    if (customer === undefined) {
      return { id: undefined };
    }
    const subscriptionId = await this.subscriptionOf(environmentId, customer, state);
    const notes =
      noted || state.has_credit_notes || (await this.hasCreditNotes(environmentId, state.stripe_invoice_id))
        ? await listCreditNotes(connection, state.stripe_invoice_id)
        : [];
    try {
      const id = await this.database.tenant(environmentId, () =>
        this.write(environmentId, customer.id, subscriptionId, { state, notes, sequence }),
      );
      return { id };
    } catch (error) {
      if (error instanceof Overtaken) {
        return 'overtaken';
      }
      throw error;
    }
  }

  /** An invoice can be heard of before its subscription. */
  private async subscriptionOf(
    environmentId: string,
    customer: Customer,
    { stripe_subscription_id: stripeId }: InvoiceState,
  ): Promise<string | null> {
    if (stripeId === null) {
      return null;
    }
    const known = await this.subscriptions.findByStripeId(environmentId, stripeId);
    if (known !== undefined) {
      return known.id;
    }
    await this.syncCustomer.sync(environmentId, customer.id);
    return (await this.subscriptions.findByStripeId(environmentId, stripeId))?.id ?? null;
  }

  /** The customer is locked first, as by everybody who writes what Stripe says about them. */
  private async write(
    environmentId: string,
    customerId: string,
    subscriptionId: string | null,
    read: { state: InvoiceState; notes: CreditNoteState[]; sequence: number },
  ): Promise<string> {
    const { state, notes, sequence } = read;
    await this.customers.lock(environmentId, customerId);
    const before = await this.invoices.findByStripeId(environmentId, state.stripe_invoice_id);
    const id = before?.id ?? newIdOf('invoice', state.created_at);
    const {
      lines: listed,
      payments,
      stripe_customer_id: _customer,
      stripe_subscription_id: _subscription,
      has_credit_notes: _notes,
      is_advancing: _advancing,
      ...amounts
    } = state;
    const isOver = state.status === 'paid' || state.status === 'void';
    const fields = {
      ...amounts,
      customer_id: customerId,
      subscription_id: subscriptionId,
      // What nothing can be paid of any more, nobody is paying.
      ...(isOver ? { paying_by: null, paying_until: null } : {}),
      ...(state.status === 'draft' ? {} : { parked_at: null, parked_reason: null }),
    };

    let changed = before === undefined || !isSame(before, fields);
    if (before === undefined) {
      await this.invoices.insert(environmentId, {
        id,
        provider: 'stripe',
        ...fields,
        updated_at: this.clock.now(),
      });
    } else if (changed) {
      await this.invoices.update(environmentId, id, { ...fields, updated_at: this.clock.now() });
    }
    if (state.status === 'paid' || state.status === 'void' || state.status === 'uncollectible') {
      await this.topUps.settle(environmentId, state.stripe_invoice_id, state.status);
    }
    changed = (await this.writeLines(environmentId, id, listed)) || changed;
    const lines = await this.parts.lines(environmentId, [id]);
    await this.holdBack(environmentId, before, { id, subscription_id: subscriptionId, lines }, state);
    await this.awaitUsage.lookAt(environmentId, { id, customer_id: customerId }, before, state);
    changed = (await this.writePayments(environmentId, id, payments)) || changed;
    changed = (await this.writeCreditNotes(environmentId, id, notes)) || changed;

    const current = before?.stripe_sequence ?? 0;
    if (changed && current !== sequence) {
      throw new Overtaken();
    }
    // Also a reader who changed nothing counts: what it read is news that a slower answer must not undo.
    await this.invoices.setSequence(environmentId, id, { stripe_sequence: current + 1 });
    if (changed) {
      await this.audit.record(environmentId, {
        action: before === undefined ? 'invoice.created' : 'invoice.updated',
        target: { type: 'invoice', id },
        ...(before === undefined
          ? {}
          : { before: { status: before.status, amount_remaining: before.amount_remaining } }),
        after: { status: state.status, amount_remaining: state.amount_remaining },
      });
    }
    return id;
  }

  /** Before Stripe goes on with a draft, which it does after an hour, somebody looks at one that is not as usual. */
  private async holdBack(
    environmentId: string,
    before: Row | undefined,
    {
      id,
      subscription_id: subscription,
      lines,
    }: Pick<Candidate, 'id' | 'lines'> & { subscription_id: string | null },
    { status, total, currency, stripe_invoice_id: stripeId }: InvoiceState,
  ): Promise<void> {
    const isParked = (before?.parked_at ?? null) !== null;
    if (status !== 'draft') {
      if (isParked) {
        await this.parking.over(environmentId, id);
      }
    } else if (subscription !== null && !isParked && (before?.released_at ?? null) === null) {
      const candidate = { id, subscription_id: subscription, currency, total, lines };
      await this.parking.lookAt(environmentId, candidate, stripeId);
    }
  }

  private async writeLines(
    environmentId: string,
    invoiceId: string,
    states: InvoiceState['lines'],
  ): Promise<boolean> {
    const prices = await this.parts.prices(
      environmentId,
      states.flatMap(({ stripe_price_id: id }) => (id === null ? [] : [id])),
    );
    const before = await this.parts.lines(environmentId, [invoiceId]);
    const lines = states.map(({ stripe_price_id: stripePrice, ...line }, position) => {
      const price = prices.find((one) => one.stripe_price_id === stripePrice);
      const isUsage = line.kind === 'recurring' && price !== undefined && price.feature_id !== null;
      return {
        ...line,
        position,
        kind: isUsage ? ('usage' as const) : line.kind,
        price_id: price?.id ?? null,
      };
    });
    if (before.length === lines.length && lines.every((line, at) => isSame(before[at], line))) {
      return false;
    }
    await this.parts.replaceLines(
      environmentId,
      invoiceId,
      lines.map((line) => ({
        ...line,
        id: before.find(({ stripe_line_id: id }) => id === line.stripe_line_id)?.id ?? newId('invoice_line'),
      })),
    );
    return true;
  }

  private async writePayments(
    environmentId: string,
    invoiceId: string,
    states: InvoiceState['payments'],
  ): Promise<boolean> {
    const before = await this.parts.payments(environmentId, [invoiceId]);
    const known = new Map(before.map((payment) => [payment.stripe_charge_id, payment]));
    const changed = states.filter((state) => !isSame(known.get(state.stripe_charge_id), state));
    await this.parts.savePayments(
      environmentId,
      invoiceId,
      changed.map((state) => ({ id: known.get(state.stripe_charge_id)?.id ?? newId('payment'), ...state })),
    );
    return changed.length > 0;
  }

  private async writeCreditNotes(
    environmentId: string,
    invoiceId: string,
    states: CreditNoteState[],
  ): Promise<boolean> {
    const before = await this.parts.creditNotes(environmentId, [invoiceId]);
    const known = new Map(before.map((note) => [note.stripe_credit_note_id, note]));
    const changed = states.filter(
      (state) => !isSame(known.get(state.stripe_credit_note_id), { ...state, provider: 'stripe' }),
    );
    await this.parts.saveCreditNotes(
      environmentId,
      invoiceId,
      changed.map((state) => ({
        id: known.get(state.stripe_credit_note_id)?.id ?? newId('credit_note'),
        provider: 'stripe',
        ...state,
      })),
    );
    return changed.length > 0;
  }

  /** A draft that was deleted on Stripe asks for nothing any more. */
  private noteDeletion(environmentId: string, before: Row): Promise<string> {
    return this.database.tenant(environmentId, async () => {
      await this.customers.lock(environmentId, before.customer_id);
      const current = await this.invoices.find(environmentId, before.id);
      // What was issued cannot be deleted: it is on an account that the environment has left, and stays as it was.
      if (current?.status === 'draft') {
        const now = this.clock.now();
        await this.invoices.update(environmentId, before.id, {
          status: 'void',
          voided_at: now,
          updated_at: now,
          parked_at: null,
          parked_reason: null,
        });
        await this.parking.over(environmentId, before.id);
        await this.invoices.setSequence(environmentId, before.id, {
          stripe_sequence: current.stripe_sequence + 1,
        });
        await this.audit.record(environmentId, {
          action: 'invoice.updated',
          target: { type: 'invoice', id: before.id },
          before: { status: current.status },
          after: { status: 'void' },
        });
      }
      return before.id;
    });
  }

  private hasCreditNotes(environmentId: string, stripeInvoiceId: string): Promise<boolean> {
    return this.database.tenant(environmentId, async () => {
      const invoice = await this.invoices.findByStripeId(environmentId, stripeInvoiceId);
      return invoice !== undefined && (await this.parts.creditNotes(environmentId, [invoice.id])).length > 0;
    });
  }

  private find(environmentId: string, stripeInvoiceId: string): Promise<Row | undefined> {
    return this.database.tenant(environmentId, () =>
      this.invoices.findByStripeId(environmentId, stripeInvoiceId),
    );
  }
}

/** Another writer took over a state that may be newer than the one in hand. */
class Overtaken extends Error {}

/** Whether a row says what `fields` say. Postgres writes a `numeric` without what Stripe may put behind it. */
function isSame(row: object | undefined, fields: object): boolean {
  return (
    row !== undefined &&
    Object.entries(fields).every(([name, value]) => isDeepStrictEqual(Reflect.get(row, name), value))
  );
}
