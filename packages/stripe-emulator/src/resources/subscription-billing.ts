import { periodAround, periodBoundary } from '../billing/periods.ts';
import { prorated } from '../billing/proration.ts';
import type { Context } from '../state/context.ts';
import { idOf } from '../state/listed.ts';
import type { Invoice, PaymentMethod, Subscription, SubscriptionItem } from '../state/tables.ts';
import { refreshGrant, settleEntitlements } from './active-entitlements.ts';
import { dropSpent, discountsOf } from './discounts.ts';
import { recordDraft } from './draft-invoices.ts';
import type { LineFacts } from './invoice-object.ts';
import { close, collect, defaultMethod, finalize, voidInvoice } from './invoice-states.ts';
import { endSubscription, saveSubscription } from './subscription-states.ts';
import { charged, productName, usageBetween } from './usage-lines.ts';

/** Stripe leaves a renewal's invoice open to changes for an hour. */
const DRAFT_SECONDS = 3600;

export interface FirstPayment {
  /** `wait` leaves the invoice open until it is confirmed; `collect` charges it now. */
  behavior: 'wait' | 'collect';
  method: PaymentMethod | undefined;
  offSession: boolean;
  authenticated: boolean;
  /** Whether a shorter first period is paid for; false gives it away. */
  prorated: boolean;
}

/** Bills a new subscription: its first period in advance. Usage is billed when the period ends. */
export function billFirstPeriod(
  context: Context,
  subscription: Subscription,
  payment: FirstPayment,
): Invoice {
  const lines = subscription.items.data.flatMap((item) =>
    advanceLine(context, subscription, item, payment.prorated),
  );
  const draft = recordDraft(context, {
    customer: context.find('customer', idOf(subscription.customer)),
    subscription,
    billing_reason: 'subscription_create',
    period: { start: context.now, end: context.now },
    lines,
    finalizes_at: null,
  });
  context.data.put('subscription', { ...subscription, latest_invoice: draft.id });
  dropSpent(context, subscription.id, discountsOf(subscription));
  const invoice = finalize(context, draft);
  const charged = invoice.status === 'open' && subscription.collection_method === 'charge_automatically';
  return charged && payment.behavior === 'collect' ? collect(context, invoice, payment) : invoice;
}

/** The end of the period that ends first. */
export function nextPeriodEnd(subscription: Subscription): number {
  return Math.min(...subscription.items.data.map((item) => item.current_period_end));
}

/** What happens at the end of a period: the subscription ends, or bills usage and the next period. */
export function passPeriodEnd(context: Context, subscription: Subscription): void {
  const ends =
    subscription.cancel_at_period_end ||
    (subscription.cancel_at !== null && subscription.cancel_at <= context.now);
  // What is used during a trial is not billed.
  const usage =
    subscription.status === 'trialing'
      ? []
      : subscription.items.data.flatMap((item) => usageLine(context, subscription, item));
  if (ends) {
    if (usage.length > 0) recordCycleDraft(context, subscription, usage);
    endSubscription(context, context.find('subscription', subscription.id), context.now);
    return;
  }
  const rolled = {
    ...subscription,
    items: {
      ...subscription.items,
      data: subscription.items.data.map((item) => rollItem(context, subscription, item)),
    },
  };
  const status = subscription.status === 'trialing' ? 'active' : subscription.status;
  const advance = rolled.items.data
    .filter((item) => item.current_period_start === context.now)
    .flatMap((item) => licensedLine(context, rolled, item));
  const draft = recordCycleDraft(context, rolled, [...usage, ...advance]);
  refreshGrant(context, rolled);
  saveSubscription(context, subscription, { items: rolled.items, latest_invoice: draft.id, status });
  dropSpent(context, subscription.id, discountsOf(subscription));
  if (subscription.pause_collection !== null)
    setAside(context, draft, subscription.pause_collection.behavior);
  settleEntitlements(context, idOf(subscription.customer));
}

/** What becomes of an invoice while collection is paused. A draft that is kept was made without a date. */
function setAside(context: Context, draft: Invoice, behavior: string): void {
  if (behavior === 'keep_as_draft') return;
  const open = finalize(context, draft);
  if (open.status !== 'open') return;
  const at = context.now;
  if (behavior === 'void') close(context, open, 'void', { voided_at: at }, 'invoice.voided');
  else close(context, open, 'uncollectible', { marked_uncollectible_at: at }, 'invoice.marked_uncollectible');
}

/** Finalizes a draft whose hour is over and charges it, with nobody present. */
export function passDraftEnd(context: Context, draft: Invoice): void {
  const invoice = finalize(context, draft);
  if (invoice.status === 'open' && invoice.collection_method === 'charge_automatically')
    collectUnattended(context, invoice);
}

/** Charges an open invoice with nobody present. */
export function collectUnattended(context: Context, invoice: Invoice): void {
  const method = defaultMethod(context, invoice);
  collect(context, invoice, { method, offSession: true, authenticated: false });
}

/** A subscription whose first invoice stayed unpaid for 23 hours is over. */
export function giveUpIncomplete(context: Context, subscription: Subscription): void {
  const invoice =
    subscription.latest_invoice === null
      ? undefined
      : context.data.get('invoice', idOf(subscription.latest_invoice));
  if (invoice?.status === 'open') voidInvoice(context, invoice);
  else saveSubscription(context, subscription, { status: 'incomplete_expired', ended_at: context.now });
}

function recordCycleDraft(context: Context, subscription: Subscription, lines: LineFacts[]): Invoice {
  const [item] = subscription.items.data;
  // Nobody is charged while collection is paused or the subscription is unpaid: the draft waits.
  const waits = subscription.pause_collection !== null || subscription.status === 'unpaid';
  return recordDraft(context, {
    customer: context.find('customer', idOf(subscription.customer)),
    subscription,
    billing_reason: 'subscription_cycle',
    period: { start: item?.current_period_start ?? context.now, end: context.now },
    lines,
    finalizes_at: context.now + DRAFT_SECONDS,
    auto_advance: !waits,
  });
}

function rollItem(context: Context, subscription: Subscription, item: SubscriptionItem): SubscriptionItem {
  const { recurring } = item.price;
  if (recurring === null || item.current_period_end > context.now) return item;
  const { start, end } = periodAround(subscription.billing_cycle_anchor, recurring, context.now);
  return { ...item, current_period_start: start, current_period_end: end };
}

/**
 * The first period in advance; a trial costs nothing, which its line says. What comes before the billing
 * cycle anchor costs its share of a whole period, or nothing.
 */
function advanceLine(
  context: Context,
  subscription: Subscription,
  item: SubscriptionItem,
  paid: boolean,
): LineFacts[] {
  const { billing_cycle_anchor: anchor, status } = subscription;
  const { recurring } = item.price;
  const stub = status !== 'trialing' && anchor > context.now && recurring !== null;
  if (stub && !paid) return [];
  return licensedLine(context, subscription, item).map((charged) => {
    if (status === 'trialing')
      return { ...charged, amount: 0, description: `Trial period for ${productName(context, item.price)}` };
    if (!stub) return charged;
    const whole = { start: periodBoundary(anchor, recurring, -1), end: anchor };
    return { ...charged, amount: prorated(charged.amount, whole, context.now), proration: true };
  });
}

/** The whole current period of an item in advance; nothing where usage is billed. */
export function licensedLine(
  context: Context,
  subscription: Subscription,
  item: SubscriptionItem,
): LineFacts[] {
  if (item.price.recurring?.usage_type === 'metered') return [];
  const period = { start: item.current_period_start, end: item.current_period_end };
  return [itemLine(subscription, item, charged(context, item.price, item.quantity ?? 1, period))];
}

function usageLine(context: Context, subscription: Subscription, item: SubscriptionItem): LineFacts[] {
  if (item.current_period_end > context.now) return [];
  const used = usageBetween(context, subscription, item, item.current_period_end);
  return used === undefined ? [] : [itemLine(subscription, item, used)];
}

function itemLine(
  subscription: Subscription,
  item: SubscriptionItem,
  facts: ReturnType<typeof charged>,
): LineFacts {
  return {
    ...facts,
    metadata: subscription.metadata,
    discountable: true,
    price: item.price,
    subscription: subscription.id,
    item: item.id,
    tax_rates: item.tax_rates ?? [],
    invoice_item: null,
    proration: false,
  };
}
