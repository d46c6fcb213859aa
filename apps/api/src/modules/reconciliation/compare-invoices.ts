import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { type InvoiceState, retrieveInvoice } from '../../stripe/stripe.invoice-state.ts';
import { listAllInvoices } from '../../stripe/stripe.listing.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { InvoicesService } from '../invoices/invoices.service.ts';
import { TakeOverInvoice } from '../invoices/take-over-invoice.ts';
import { type Found, pageSize, type Phase, type PhaseContext, sinceLastRun } from './phase.ts';
import { ReconciliationRepository } from './reconciliation.repository.ts';

type Money = Pick<
  InvoiceState,
  'status' | 'number' | 'total' | 'amount_due' | 'amount_paid' | 'amount_remaining' | 'attempt_count'
>;

/** What invoices have in common, whichever of them Stripe is asked for. */
@Injectable()
export class InvoiceRepairs {
  constructor(
    private readonly database: Database,
    private readonly runs: ReconciliationRepository,
    private readonly customers: CustomersService,
    private readonly invoices: InvoicesService,
    private readonly takeOver: TakeOverInvoice,
  ) {}

  /** Of a page from Stripe what we have otherwise. Invoices of others on the same account are none of ours. */
  async compare({ environment_id: environmentId, run_id: runId }: PhaseContext, states: InvoiceState[]) {
    await this.database.tenant(environmentId, () =>
      this.runs.see(
        environmentId,
        runId,
        states.map((state) => state.stripe_invoice_id),
      ),
    );
    const customers = await this.customers.findByStripe(
      environmentId,
      states.flatMap(({ stripe_customer_id: id }) =>
        id === null ? [] : [{ stripe_customer_id: id, bos_customer_id: null }],
      ),
    );
    const own = new Set(customers.map((row) => row.stripe_customer_id));
    const rows = await this.invoices.findByStripeIds(
      environmentId,
      states.map((state) => state.stripe_invoice_id),
    );
    const known = new Map(rows.map((row) => [row.stripe_invoice_id, row]));
    return states
      .filter((state) => own.has(state.stripe_customer_id))
      .flatMap((state) => this.found(environmentId, state, known.get(state.stripe_invoice_id)));
  }

  private found(
    environmentId: string,
    state: InvoiceState,
    row: (Money & { id: string }) | undefined,
  ): Found[] {
    const before = row === undefined ? {} : described(row);
    const after = described(state);
    if (isDeepStrictEqual(before, after)) {
      return [];
    }
    return [
      {
        kind: 'invoice',
        cause: row === undefined ? 'missing_here' : 'differs',
        object_id: row?.id ?? null,
        stripe_object_id: state.stripe_invoice_id,
        before,
        after,
        repair: async () => {
          await this.takeOver.take(environmentId, state.stripe_invoice_id);
          return null;
        },
      },
    ];
  }
}

/** What was invoiced since the last run. */
@Injectable()
export class CompareInvoices implements Phase {
  readonly name = 'invoices';

  constructor(
    private readonly repairs: InvoiceRepairs,
    private readonly clock: Clock,
  ) {}

  async step(context: PhaseContext, cursor: string | null) {
    const since = sinceLastRun(context, this.clock.now());
    const { data, next } = await listAllInvoices(context.connection, { since }, cursor);
    return { checked: data.length, found: await this.repairs.compare(context, data), next };
  }
}

/** What is still to be paid, however old. */
@Injectable()
export class CompareOpenInvoices implements Phase {
  readonly name = 'open_invoices';

  constructor(private readonly repairs: InvoiceRepairs) {}

  async step(context: PhaseContext, cursor: string | null) {
    const { data, next } = await listAllInvoices(context.connection, { status: 'open' }, cursor);
    return { checked: data.length, found: await this.repairs.compare(context, data), next };
  }
}

/** What is not settled here and was not listed: it was paid or dropped on Stripe, or is a draft from long ago. */
@Injectable()
export class CompareUnlistedInvoices implements Phase {
  readonly name = 'unlisted_invoices';

  constructor(
    private readonly database: Database,
    private readonly runs: ReconciliationRepository,
    private readonly invoices: InvoicesService,
    private readonly takeOver: TakeOverInvoice,
    private readonly repairs: InvoiceRepairs,
  ) {}

  async step(context: PhaseContext, cursor: string | null) {
    const { environment_id: environmentId, run_id: runId, connection } = context;
    const ours = await this.invoices.listUnsettled(environmentId, cursor ?? '', pageSize);
    const unseen = await this.database.tenant(environmentId, () =>
      this.runs.unseen(
        environmentId,
        runId,
        ours.map((row) => row.stripe_invoice_id ?? ''),
      ),
    );
    const found: Found[] = [];
    for (const row of ours) {
      const stripeId = row.stripe_invoice_id ?? '';
      if (unseen.has(stripeId)) {
        const state = await retrieveInvoice(connection, stripeId);
        found.push(
          ...(state === undefined
            ? [this.deleted(environmentId, row, stripeId)]
            : await this.repairs.compare(context, [state])),
        );
      }
    }
    return { checked: ours.length, found, next: ours.length === pageSize ? (ours.at(-1)?.id ?? null) : null };
  }

  private deleted(environmentId: string, row: Money & { id: string }, stripeId: string): Found {
    return {
      kind: 'invoice',
      cause: 'missing_on_stripe',
      object_id: row.id,
      stripe_object_id: stripeId,
      before: described(row),
      after: {},
      repair: async () => {
        await this.takeOver.take(environmentId, stripeId);
        return null;
      },
    };
  }
}

function described(invoice: Money): Money {
  return {
    status: invoice.status,
    number: invoice.number,
    total: invoice.total,
    amount_due: invoice.amount_due,
    amount_paid: invoice.amount_paid,
    amount_remaining: invoice.amount_remaining,
    attempt_count: invoice.attempt_count,
  };
}
