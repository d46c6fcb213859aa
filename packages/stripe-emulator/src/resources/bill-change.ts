import { StripeError } from '../http/errors.ts';
import type { Context } from '../state/context.ts';
import { idOf } from '../state/listed.ts';
import type { Invoice, Subscription } from '../state/tables.ts';
import { refreshGrant, settleEntitlements } from './active-entitlements.ts';
import { discountsOf, dropSpent } from './discounts.ts';
import { recordDraft } from './draft-invoices.ts';
import { collect, defaultMethod, finalize, intentOf, noMethod, voidInvoice } from './invoice-states.ts';
import { declinedError } from './payments.ts';
import { billUsageSoFar, prorate } from './prorations.ts';
import { licensedLine } from './subscription-billing.ts';
import { fallBehind, saveSubscription } from './subscription-states.ts';

/** A pending update waits this long for its payment; then it is forgotten. */
const PENDING_SECONDS = 23 * 3600;

/** How a change is billed. */
export interface Terms {
  proration: 'always_invoice' | 'create_prorations' | 'none';
  /** From when on it counts, in seconds. */
  at: number;
  payment: 'allow_incomplete' | 'default_incomplete' | 'error_if_incomplete' | 'pending_if_incomplete';
  offSession: boolean;
  /** The cycle starts anew. */
  restarts: boolean;
}

/**
 * Bills a change of a subscription and applies it: items for what was unused and what remains, an invoice
 * now where it restarts the cycle or was asked for, and its payment. A payment that fails leaves the
 * subscription past due, unchanged with a pending update, or the whole request undone, as was asked.
 */
export function billChange(
  context: Context,
  before: Subscription,
  after: Subscription,
  terms: Terms,
): Subscription {
  const change = { before, after, at: terms.at, restarts: terms.restarts };
  const trial = before.status === 'trialing';
  const billed = trial ? 0 : billUsageSoFar(context, change);
  const prorations = trial || terms.proration === 'none' ? 0 : prorate(context, change);
  const invoices = terms.restarts || (terms.proration === 'always_invoice' && billed + prorations > 0);
  if (!invoices) return apply(context, before, after);
  const draft = recordDraft(context, {
    customer: context.find('customer', idOf(after.customer)),
    subscription: after,
    billing_reason: 'subscription_update',
    period: { start: context.now, end: context.now },
    lines: terms.restarts ? after.items.data.flatMap((item) => licensedLine(context, after, item)) : [],
    finalizes_at: null,
  });
  if (terms.payment === 'pending_if_incomplete') hold(context, before, after, draft);
  else apply(context, before, { ...after, latest_invoice: draft.id });
  dropSpent(context, after.id, discountsOf(after));
  charge(context, finalize(context, draft), terms);
  return settled(context, after.id, draft.id);
}

function apply(context: Context, before: Subscription, after: Subscription): Subscription {
  refreshGrant(context, after);
  return saveSubscription(context, before, after);
}

/** Keeps the change back until the invoice is paid, which it may be within this request. */
function hold(context: Context, before: Subscription, after: Subscription, draft: Invoice): void {
  const { items, billing_cycle_anchor, trial_end, status, discounts } = after;
  context.data.put('subscription', { ...before, latest_invoice: draft.id });
  context.data.put('_pending_change', {
    id: before.id,
    invoice: draft.id,
    changes: { items, billing_cycle_anchor, trial_end, status, discounts },
  });
}

function charge(context: Context, invoice: Invoice, terms: Terms): void {
  if (invoice.status !== 'open' || invoice.collection_method !== 'charge_automatically') return;
  if (terms.payment === 'default_incomplete') return;
  const method = defaultMethod(context, invoice);
  if (method === undefined && terms.payment === 'error_if_incomplete') throw noMethod();
  collect(context, invoice, { method, offSession: terms.offSession, authenticated: false });
  const after = context.find('invoice', invoice.id);
  if (after.status !== 'open' || intentOf(context, after).status === 'processing') return;
  if (terms.payment === 'error_if_incomplete') {
    // The whole change is undone with the attempt, so nothing of it may be kept.
    throw new StripeError(402, declinedError(intentOf(context, after)).detail);
  }
}

/** The subscription after its invoice was paid, or was not. */
function settled(context: Context, id: string, invoiceId: string): Subscription {
  const subscription = context.find('subscription', id);
  const invoice = context.find('invoice', invoiceId);
  const waiting = context.data.get('_pending_change', id);
  if (waiting !== undefined) {
    return saveSubscription(context, subscription, {
      pending_update: {
        billing_cycle_anchor: waiting.changes.billing_cycle_anchor ?? null,
        cancel_at_period_end: null,
        discount: null,
        discounts: null,
        expires_at: context.now + PENDING_SECONDS,
        metadata: null,
        subscription_items: waiting.changes.items?.data ?? null,
        trial_end: waiting.changes.trial_end ?? null,
        trial_from_plan: null,
      },
    });
  }
  const unpaid =
    invoice.status === 'open' &&
    invoice.collection_method === 'charge_automatically' &&
    intentOf(context, invoice).status !== 'processing';
  if (unpaid) fallBehind(context, subscription);
  settleEntitlements(context, idOf(subscription.customer));
  return context.find('subscription', id);
}

/** A pending update that nobody paid for is over, and its invoice void. */
export function forgetPending(context: Context, subscription: Subscription): void {
  const waiting = context.data.get('_pending_change', subscription.id);
  const invoice = waiting === undefined ? undefined : context.data.get('invoice', waiting.invoice);
  if (invoice?.status === 'open') voidInvoice(context, invoice);
  const after = saveSubscription(context, context.find('subscription', subscription.id), {
    pending_update: null,
  });
  context.emit('customer.subscription.pending_update_expired', after);
}
