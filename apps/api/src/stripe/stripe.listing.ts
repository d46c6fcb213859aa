import type Stripe from 'stripe';
import type { Connection } from './connections.ts';
import { isMissing, translateStripeError } from './stripe.errors.ts';
import { type InvoiceState, invoiceState } from './stripe.invoice-state.ts';
import { type SubscriptionState, subscriptionState } from './stripe.subscription-state.ts';
import { hintOf, type StripeEventHint } from './stripe.webhooks.ts';

/** Of everything an account has, so many in one request: the most Stripe gives. */
export const listedAtOnce = 100;

/** Some objects of a list, the newest first, and where it goes on. `next: null` is the end. */
export interface Listed<T> {
  data: T[];
  next: string | null;
}

export interface ListedCustomer {
  stripe_customer_id: string;
  /** What we wrote on it when we made it. */
  bos_customer_id: string | null;
}

export function listCustomers(connection: Connection, after: string | null): Promise<Listed<ListedCustomer>> {
  return onePage(after, (page) => connection.stripe.customers.list(page, optionsOf(connection)), {
    each: (customer: Stripe.Customer) => ({
      stripe_customer_id: customer.id,
      bos_customer_id: customer.metadata['bos_customer_id'] ?? null,
    }),
  });
}

/** Those that have not ended; or those that have, of what was made since a time. */
export function listAllSubscriptions(
  connection: Connection,
  which: { ended_since?: Date },
  after: string | null,
): Promise<Listed<SubscriptionState>> {
  const { ended_since: since } = which;
  return onePage(
    after,
    (page) =>
      connection.stripe.subscriptions.list(
        {
          ...page,
          expand: ['data.discounts.source.coupon', 'data.schedule'],
          ...(since === undefined ? {} : { status: 'ended', created: { gte: seconds(since) } }),
        },
        optionsOf(connection),
      ),
    { each: subscriptionState },
  );
}

/**
 * Those made since a time; or those that still ask for money, whenever they were made. With what is listed of them:
 * their amounts and status, not all of their lines, and none of their payments.
 */
export function listAllInvoices(
  connection: Connection,
  which: { since: Date } | { status: 'open' },
  after: string | null,
): Promise<Listed<InvoiceState>> {
  return onePage(
    after,
    (page) =>
      connection.stripe.invoices.list(
        { ...page, ...('since' in which ? { created: { gte: seconds(which.since) } } : which) },
        optionsOf(connection),
      ),
    { each: (invoice: Stripe.Invoice) => invoiceState(invoice, [], []) },
  );
}

/** The ids of what an account sells, active or not. */
export function listCatalog(
  connection: Connection,
  what: 'products' | 'prices',
  after: string | null,
): Promise<Listed<{ id: string; active: boolean }>> {
  const list: {
    list(page: object, options: object): Promise<Stripe.ApiList<{ id: string; active: boolean }>>;
  } = connection.stripe[what];
  return onePage(after, (page) => list.list(page, optionsOf(connection)), {
    each: ({ id, active }) => ({ id, active }),
  });
}

/** What happened since a time, by Stripe's clock. */
export function listEvents(
  connection: Connection,
  since: Date,
  after: string | null,
): Promise<Listed<StripeEventHint & { created_at: Date }>> {
  return onePage(
    after,
    (page) =>
      connection.stripe.events.list({ ...page, created: { gte: seconds(since) } }, optionsOf(connection)),
    {
      each: (event: Stripe.Event) => ({
        id: event.id,
        type: event.type,
        account: connection.stripe_account_id,
        livemode: event.livemode,
        object: hintOf(event.data.object),
        created_at: new Date(event.created * 1_000),
      }),
    },
  );
}

/** How much a meter has counted of a customer within a time, both ends on the minute. */
export async function meterTotal(
  connection: Connection,
  meter: { stripe_meter_id: string; stripe_customer_id: string; from: Date; until: Date },
): Promise<number> {
  try {
    const { data } = await connection.stripe.billing.meters.listEventSummaries(
      meter.stripe_meter_id,
      { customer: meter.stripe_customer_id, start_time: seconds(meter.from), end_time: seconds(meter.until) },
      optionsOf(connection),
    );
    return data.reduce((sum, summary) => sum + summary.aggregated_value, 0);
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** What a list goes on from may be gone meanwhile: then it begins anew, and what was seen is seen twice. */
async function onePage<T extends { id: string }, R>(
  after: string | null,
  list: (page: { limit: number; starting_after?: string }) => Promise<Stripe.ApiList<T>>,
  { each }: { each: (object: T) => R },
): Promise<Listed<R>> {
  const page = (from: string | null) =>
    list({ limit: listedAtOnce, ...(from === null ? {} : { starting_after: from }) });
  try {
    const { data, has_more: hasMore } = await page(after).catch((error: unknown) => {
      if (after === null || !isMissing(error)) {
        throw error;
      }
      return page(null);
    });
    return { data: data.map(each), next: hasMore ? (data.at(-1)?.id ?? null) : null };
  } catch (error) {
    throw translateStripeError(error);
  }
}

function optionsOf({ stripe_account_id: stripeAccount }: Connection): Stripe.RequestOptions {
  return { stripeAccount };
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1_000);
}
