import type Stripe from 'stripe';
import type { Connection } from './connections.ts';
import { isMissing, translateStripeError } from './stripe.errors.ts';
import { type InvoiceState, invoiceState } from './stripe.invoice-state.ts';
import { type SubscriptionState, subscriptionState } from './stripe.subscription-state.ts';
import { hintOf, type StripeEventHint } from './stripe.webhooks.ts';

/** Of everything an account has, so many in one request: the most Stripe gives. */
const listedAtOnce = 100;

/** Some objects of a list, the newest first, and where it goes on. `next: null` is the end. */
export interface Listed<T> {
  data: T[];
  next: string | null;
}

export interface ListedCustomer {
  stripe_customer_id: string;
  /** What we wrote on it when we made it. */
  bos_customer_id: string | null;
  name: string | null;
  email: string | null;
  metadata: Record<string, string>;
}

/** A price of somebody else's making, as Stripe tells it. */
export interface ListedPrice {
  stripe_price_id: string;
  lookup_key: string | null;
  currency: string;
  recurring: {
    interval: string;
    interval_count: number;
    is_metered: boolean;
    stripe_meter_id: string | null;
  } | null;
  /** Minor units, exact. Null: in tiers, or what the customer chooses. */
  unit_amount: string | null;
  divide_by: number | null;
  rounds_up: boolean;
  /** `graduated` or `volume`. */
  tiers_mode: string | null;
  tiers: { up_to: number | null; unit_amount: string; flat_amount: string }[];
}

export interface ListedProduct {
  stripe_product_id: string;
  name: string;
  description: string | null;
}

export interface ListedMeter {
  stripe_meter_id: string;
  name: string;
  event_name: string;
  formula: string;
  customer_key: string;
  value_key: string;
}

export function listCustomers(connection: Connection, after: string | null): Promise<Listed<ListedCustomer>> {
  return onePage(after, (page) => connection.stripe.customers.list(page, optionsOf(connection)), {
    each: (customer: Stripe.Customer) => ({
      stripe_customer_id: customer.id,
      bos_customer_id: customer.metadata['bos_customer_id'] ?? null,
      name: customer.name ?? null,
      email: customer.email,
      metadata: customer.metadata,
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

/** What is sold now. */
export function listProducts(connection: Connection, after: string | null): Promise<Listed<ListedProduct>> {
  return onePage(
    after,
    (page) => connection.stripe.products.list({ ...page, active: true }, optionsOf(connection)),
    {
      each: ({ id, name, description }: Stripe.Product) => ({ stripe_product_id: id, name, description }),
    },
  );
}

/** What a product is sold for now, the oldest first. */
export async function listPricesOf(connection: Connection, stripeProductId: string): Promise<ListedPrice[]> {
  try {
    const prices: ListedPrice[] = [];
    const list = connection.stripe.prices.list(
      { product: stripeProductId, active: true, limit: listedAtOnce, expand: ['data.tiers'] },
      optionsOf(connection),
    );
    for await (const price of list) {
      prices.unshift(listedPrice(price));
    }
    return prices;
  } catch (error) {
    throw translateStripeError(error);
  }
}

function listedPrice(price: Stripe.Price): ListedPrice {
  const { recurring, transform_quantity: transform } = price;
  return {
    stripe_price_id: price.id,
    lookup_key: price.lookup_key,
    currency: price.currency,
    recurring:
      recurring === null
        ? null
        : {
            interval: recurring.interval,
            interval_count: recurring.interval_count,
            is_metered: recurring.usage_type === 'metered',
            stripe_meter_id: recurring.meter,
          },
    unit_amount: price.unit_amount_decimal?.toString() ?? null,
    divide_by: transform?.divide_by ?? null,
    rounds_up: transform?.round === 'up',
    tiers_mode: price.tiers_mode,
    tiers: (price.tiers ?? []).map((tier) => ({
      up_to: tier.up_to,
      unit_amount: tier.unit_amount_decimal?.toString() ?? '0',
      flat_amount: tier.flat_amount_decimal?.toString() ?? '0',
    })),
  };
}

export async function retrieveMeter(connection: Connection, id: string): Promise<ListedMeter> {
  try {
    const meter = await connection.stripe.billing.meters.retrieve(id, {}, optionsOf(connection));
    return {
      stripe_meter_id: meter.id,
      name: meter.display_name,
      event_name: meter.event_name,
      formula: meter.default_aggregation.formula,
      customer_key: meter.customer_mapping.event_payload_key,
      value_key: meter.value_settings.event_payload_key,
    };
  } catch (error) {
    throw translateStripeError(error);
  }
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
