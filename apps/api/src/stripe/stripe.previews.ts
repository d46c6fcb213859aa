import type Stripe from 'stripe';
import type { Connection } from './connections.ts';
import { translateStripeError } from './stripe.errors.ts';
import { changedItem, discounted, type ItemChange, type SubscriptionChange } from './stripe.subscriptions.ts';

/** An invoice that does not exist: what would be charged. Amounts in minor units. */
export interface InvoicePreview {
  currency: string;
  subtotal: number;
  discount: number;
  tax: number;
  /** Negative: becomes credit of the customer. */
  total: number;
  /** What would be taken from the card, after the customer's credit. */
  amount_due: number;
  /** The credit used or, negative, added. */
  credit: number;
  lines: {
    description: string;
    amount: number;
    quantity: number | null;
    period_start: Date;
    period_end: Date;
    is_proration: boolean;
  }[];
}

/** The invoice that a change would make at once. Undefined: it would make none. */
export function previewChange(
  connection: Connection,
  subscription: { stripe_customer_id: string; stripe_subscription_id: string },
  change: SubscriptionChange,
): Promise<InvoicePreview | undefined> {
  return preview(connection, {
    customer: subscription.stripe_customer_id,
    subscription: subscription.stripe_subscription_id,
    subscription_details: {
      items: change.items.map(changedItem),
      proration_behavior: 'always_invoice',
      proration_date: change.proration_at,
    },
    ...discounted(change.stripe_coupon_ids),
  });
}

/** The invoice of the next renewal, with these items. */
export function previewRenewal(
  connection: Connection,
  subscription: { stripe_customer_id: string; stripe_subscription_id: string },
  change: { items: ItemChange[]; stripe_coupon_ids: string[] | undefined },
): Promise<InvoicePreview | undefined> {
  return preview(connection, {
    customer: subscription.stripe_customer_id,
    subscription: subscription.stripe_subscription_id,
    subscription_details: { items: change.items.map(changedItem), proration_behavior: 'none' },
    ...discounted(change.stripe_coupon_ids),
  });
}

/**
 * What is paid and unused of a subscription, with its taxes, as ending it now would credit it: the last invoice with the
 * credit beside the one without, which charges what was used.
 */
export async function previewUnused(
  connection: Connection,
  subscription: { stripe_customer_id: string; stripe_subscription_id: string },
): Promise<number> {
  const totalOfLast = async (behavior: 'always_invoice' | 'none'): Promise<number> => {
    const last = await preview(connection, {
      customer: subscription.stripe_customer_id,
      subscription: subscription.stripe_subscription_id,
      subscription_details: { cancel_now: true, proration_behavior: behavior },
    });
    return last?.total ?? 0;
  };
  return Math.max(0, (await totalOfLast('none')) - (await totalOfLast('always_invoice')));
}

async function preview(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  params: Stripe.InvoiceCreatePreviewParams,
): Promise<InvoicePreview | undefined> {
  try {
    return translated(await stripe.invoices.createPreview(params, { stripeAccount }));
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'invoice_upcoming_none') {
      return undefined;
    }
    throw translateStripeError(error);
  }
}

function translated(invoice: Stripe.Invoice): InvoicePreview {
  const sum = (amounts: readonly { amount: number }[] | null): number =>
    (amounts ?? []).reduce((total, { amount }) => total + amount, 0);
  return {
    currency: invoice.currency,
    subtotal: invoice.subtotal,
    discount: sum(invoice.total_discount_amounts),
    tax: sum(invoice.total_taxes),
    total: invoice.total,
    amount_due: invoice.amount_due,
    credit: invoice.total - invoice.amount_due,
    lines: invoice.lines.data.map((line) => ({
      description: line.description ?? '',
      amount: line.amount,
      quantity: line.quantity,
      period_start: new Date(line.period.start * 1_000),
      period_end: new Date(line.period.end * 1_000),
      is_proration: line.parent?.subscription_item_details?.proration ?? false,
    })),
  };
}
