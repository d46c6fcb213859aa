import { invalid, missing, StripeError } from '../http/errors.ts';
import { listOf } from '../http/pagination.ts';
import type { Context } from '../state/context.ts';
import { newId, randomText } from '../state/ids.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type {
  Invoice,
  InvoicePayment,
  PaymentIntent,
  PaymentMethod,
  PendingChange,
  Subscription,
} from '../state/tables.ts';
import { refreshGrant, settleEntitlements } from './active-entitlements.ts';
import { attemptPayment, cancelIntent, createIntent, declinedError } from './payments.ts';
import { moveBalance } from './customer-balance.ts';
import { giveUp, nextAttempt } from './recovery.ts';
import { remetered } from './remeter.ts';
import { activate, expireIncomplete, fallBehind, saveSubscription } from './subscription-states.ts';

/** The subscription an invoice bills, or null. */
export function subscriptionIdOf(invoice: Invoice): string | null {
  return idOrNull(invoice.parent?.subscription_details?.subscription);
}

/** Numbers a draft and makes it a demand, over what was used by now; an invoice over nothing is paid by that. */
export function finalize(context: Context, made: Invoice): Invoice {
  const draft = remetered(context, made);
  const customer = context.find('customer', idOf(draft.customer ?? ''));
  const sequence = customer.next_invoice_sequence ?? 1;
  const { currency } = draft;
  context.data.put('customer', { ...customer, currency, next_invoice_sequence: sequence + 1 });
  const starting = customer.currency === currency || customer.currency === null ? customer.balance : 0;
  const ending = Math.min(0, draft.total + starting);
  if (ending !== starting) {
    const amount = ending - starting;
    moveBalance(context, customer.id, { amount, currency, type: 'applied_to_invoice', invoice: draft.id });
  }
  const due = Math.max(0, draft.total + starting);
  const open: Invoice = {
    ...draft,
    status: 'open',
    number: `${customer.invoice_prefix}-${String(sequence).padStart(4, '0')}`,
    automatically_finalizes_at: null,
    next_payment_attempt: null,
    effective_at: context.now,
    hosted_invoice_url: `${context.baseUrl}/i/${draft.id}`,
    amount_due: due,
    amount_remaining: due,
    starting_balance: starting,
    ending_balance: ending,
    status_transitions: { ...draft.status_transitions, finalized_at: context.now },
  };
  context.data.put('invoice', open);
  if (open.amount_due > 0) recordPayment(context, open);
  context.emit('invoice.finalized', open);
  return open.amount_due > 0 ? open : settlePaid(context, open, { outOfBand: false });
}

/** Tries to pay an open invoice and lets its subscription follow; never throws for a refused card. */
export function collect(
  context: Context,
  invoice: Invoice,
  attempt: { method: PaymentMethod | undefined; offSession: boolean; authenticated: boolean },
): Invoice {
  const method = attempt.method ?? defaultMethod(context, invoice);
  if (method === undefined) return recordFailure(context, invoice);
  const paid = attemptPayment(context, intentOf(context, invoice), { ...attempt, method, returnUrl: null });
  return followPayment(context, paid) ?? context.find('invoice', invoice.id);
}

/** Collects as asked by a request: what does not end in payment is an error of the API. */
export function payByRequest(
  context: Context,
  invoice: Invoice,
  attempt: { method: PaymentMethod | undefined; offSession: boolean; authenticated: boolean },
): Invoice {
  payable(invoice);
  if (intentOf(context, invoice).status === 'processing') {
    throw invalid(
      'You cannot pay this invoice because its PaymentIntent has a status of processing.',
      'id',
      'payment_intent_unexpected_state',
    );
  }
  const method = attempt.method ?? defaultMethod(context, invoice);
  if (method === undefined) throw noMethod();
  const paid = collect(context, invoice, { ...attempt, method });
  if (paid.status === 'paid') return paid;
  const intent = intentOf(context, paid);
  if (intent.status === 'processing') return paid;
  if (intent.status !== 'requires_action') throw declinedError(intent);
  throw new StripeError(
    402,
    {
      type: 'card_error',
      code: 'invoice_payment_intent_requires_action',
      message:
        'This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice.',
      payment_intent: intent,
    },
    { keepsChanges: true },
  );
}

/** Lets the invoice of an intent, if it has one, follow what became of the intent. */
export function followPayment(context: Context, intent: PaymentIntent): Invoice | undefined {
  const [payment] = context.data.of('invoice_payment', intent.id);
  if (payment === undefined) return undefined;
  const invoice = context.find('invoice', idOf(payment.invoice));
  if (invoice.status !== 'open') return invoice;
  if (intent.status === 'succeeded') {
    return settlePaid(
      context,
      { ...invoice, attempted: true, attempt_count: invoice.attempt_count + 1 },
      { outOfBand: false },
    );
  }
  if (intent.status === 'processing') return awaitBank(context, invoice);
  if (intent.status !== 'requires_action')
    return bounced(context, invoice) ?? recordFailure(context, invoice);
  context.emit('invoice.payment_action_required', invoice);
  return invoice;
}

/** A bank was asked to pay. Stripe counts on it: the subscription is active meanwhile. */
function awaitBank(context: Context, before: Invoice): Invoice {
  const waiting: Invoice = {
    ...before,
    attempted: true,
    attempt_count: before.attempt_count + 1,
    next_payment_attempt: null,
  };
  context.data.put('invoice', waiting);
  context.emitUpdate('invoice.updated', before, waiting);
  const subscription = subscriptionOf(context, waiting);
  if (subscription?.status === 'incomplete') activate(context, subscription, payingMethod(context, waiting));
  return waiting;
}

/**
 * A debit for the first invoice of a subscription came back. Stripe voids the invoice and leaves the
 * subscription active (docs.stripe.com/billing/subscriptions/overview, delayed payment confirmation).
 */
function bounced(context: Context, invoice: Invoice): Invoice | undefined {
  const subscription = subscriptionOf(context, invoice);
  if (invoice.billing_reason !== 'subscription_create' || subscription?.status !== 'active') return undefined;
  context.emit('invoice.payment_failed', invoice);
  return voidInvoice(context, invoice);
}

/** The method an invoice is charged to: its own, its subscription's, its customer's. */
export function defaultMethod(context: Context, invoice: Invoice): PaymentMethod | undefined {
  const subscriptionId = subscriptionIdOf(invoice);
  const subscription = subscriptionId === null ? undefined : context.data.get('subscription', subscriptionId);
  const customer = context.find('customer', idOf(invoice.customer ?? ''));
  const id =
    idOrNull(invoice.default_payment_method) ??
    idOrNull(subscription?.default_payment_method) ??
    idOrNull(customer.invoice_settings.default_payment_method);
  return id === null ? undefined : context.data.get('payment_method', id);
}

/** 400 as Stripe answers when there is nothing to charge. */
export function noMethod(): StripeError {
  return invalid(
    'This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting.',
    'customer',
    'resource_missing',
  );
}

/** Voids an open invoice; the first invoice of a subscription takes the subscription with it. */
export function voidInvoice(context: Context, invoice: Invoice): Invoice {
  const voided = close(context, payable(invoice), 'void', { voided_at: context.now }, 'invoice.voided');
  context.data.remove('_pending_change', subscriptionIdOf(voided) ?? '');
  const subscription = subscriptionOf(context, voided);
  if (subscription?.status === 'incomplete') expireIncomplete(context, subscription);
  else if (subscription !== undefined && subscription.pending_update !== null)
    saveSubscription(context, subscription, { pending_update: null });
  return voided;
}

/** The payments of an invoice, shown when asked for by `expand`. */
export function paymentsOf(context: Context, invoice: string): InvoicePayment[] {
  return context.data.of('invoice_payment', invoice);
}

/** The intent that pays a finalized invoice. */
export function intentOf(context: Context, invoice: Invoice): PaymentIntent {
  const [payment] = paymentsOf(context, invoice.id);
  const id = idOrNull(payment?.payment.payment_intent);
  if (id === null) throw missing('payment_intent', invoice.id);
  return context.find('payment_intent', id);
}

function recordPayment(context: Context, invoice: Invoice): void {
  const intent = createIntent(context, {
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: idOrNull(invoice.customer),
    description:
      invoice.billing_reason === 'subscription_create' ? 'Subscription creation' : 'Subscription update',
    metadata: {},
    setup_future_usage: subscriptionIdOf(invoice) === null ? null : 'off_session',
  });
  const payment: InvoicePayment = {
    id: newId('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created: context.now,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: context.livemode,
    payment: { payment_intent: intent.id, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  };
  context.data.put('invoice_payment', payment);
}

/** Lowers what is due on an open invoice by a credit note; nothing left to pay is paid. Negative raises it. */
export function lowerDue(context: Context, before: Invoice, amount: number): Invoice {
  const due = payable(before).amount_due - amount;
  const after: Invoice = {
    ...before,
    amount_due: due,
    amount_remaining: due,
    pre_payment_credit_notes_amount: before.pre_payment_credit_notes_amount + amount,
  };
  context.data.put('invoice', after);
  context.emitUpdate('invoice.updated', before, after);
  for (const payment of paymentsOf(context, after.id)) {
    const intent = context.find('payment_intent', idOrNull(payment.payment.payment_intent) ?? '');
    context.data.put('payment_intent', { ...intent, amount: due });
    context.data.put('invoice_payment', { ...payment, amount_requested: due });
  }
  if (due > 0) return after;
  cancelOpenIntents(context, after);
  return settlePaid(context, after, { outOfBand: false });
}

/** The invoice if it can be paid now, else Stripe's error. */
export function payable(invoice: Invoice): Invoice {
  if (invoice.status === 'open') return invoice;
  throw invalid(
    invoice.status === 'paid'
      ? 'Invoice is already paid'
      : `This invoice is ${invoice.status}, so it can no longer be changed.`,
    'id',
    invoice.status === 'paid' ? 'invoice_already_paid' : 'invoice_not_editable',
  );
}

/** The invoice is paid, and its subscription with it. */
export function settlePaid(
  context: Context,
  invoice: Invoice,
  { outOfBand }: { outOfBand: boolean },
): Invoice {
  const paid: Invoice = {
    ...invoice,
    status: 'paid',
    attempted: true,
    amount_paid: outOfBand ? 0 : invoice.amount_due,
    amount_paid_off_stripe: outOfBand ? invoice.amount_due : undefined,
    amount_remaining: 0,
    next_payment_attempt: null,
    receipt_number: `${randomText(4)}-${randomText(4)}`.toUpperCase(),
    status_transitions: { ...invoice.status_transitions, paid_at: context.now },
  };
  context.data.put('invoice', paid);
  for (const payment of paymentsOf(context, paid.id)) {
    context.data.put('invoice_payment', {
      ...payment,
      amount_paid: outOfBand ? null : payment.amount_requested,
      status: outOfBand ? 'canceled' : 'paid',
      status_transitions: outOfBand
        ? { canceled_at: context.now, paid_at: null }
        : { canceled_at: null, paid_at: context.now },
    });
  }
  if (outOfBand) cancelOpenIntents(context, paid);
  context.emit('invoice.paid', paid);
  context.emit('invoice.payment_succeeded', paid);
  const waiting = context.data.get('_pending_change', subscriptionIdOf(paid) ?? '');
  if (waiting?.invoice === paid.id) applyPending(context, waiting);
  const subscription = subscriptionOf(context, paid);
  if (subscription !== undefined && subscription.latest_invoice === paid.id) {
    activate(context, subscription, payingMethod(context, paid));
  }
  return paid;
}

/** A change that waited for this payment counts now. */
function applyPending(context: Context, { id, changes }: PendingChange): void {
  context.data.remove('_pending_change', id);
  const before = context.find('subscription', id);
  const after = saveSubscription(context, before, { ...changes, pending_update: null });
  context.emit('customer.subscription.pending_update_applied', after);
  refreshGrant(context, after);
  settleEntitlements(context, idOf(after.customer));
}

/** The method that paid an invoice; null when no money moved here. */
function payingMethod(context: Context, invoice: Invoice): string | null {
  const [payment] = paymentsOf(context, invoice.id);
  return payment === undefined ? null : idOrNull(intentOf(context, invoice).payment_method);
}

function recordFailure(context: Context, invoice: Invoice): Invoice {
  // An attempt before the planned one is a person's: it leaves the plan of retries as it is.
  const byHand = invoice.next_payment_attempt !== null && invoice.next_payment_attempt > context.now;
  const attempts = invoice.attempt_count + 1;
  const renews = invoice.billing_reason !== 'subscription_create' && invoice.parent !== null;
  const failed: Invoice = byHand
    ? invoice
    : {
        ...invoice,
        attempted: true,
        attempt_count: attempts,
        next_payment_attempt: renews ? nextAttempt(context, attempts) : null,
      };
  context.data.put('invoice', failed);
  context.emitUpdate('invoice.updated', invoice, failed);
  context.emit('invoice.payment_failed', failed);
  const subscription = subscriptionOf(context, failed);
  if (subscription === undefined || subscription.latest_invoice !== failed.id) return failed;
  // A change that waits for its payment leaves the subscription as it was.
  if (context.data.get('_pending_change', subscription.id)?.invoice === failed.id) return failed;
  const behind = fallBehind(context, subscription);
  if (behind.status === 'past_due' && failed.next_payment_attempt === null) giveUp(context, behind);
  return failed;
}

/** Closes an open invoice without payment. */
export function close(
  context: Context,
  invoice: Invoice,
  status: 'void' | 'uncollectible',
  transition: Partial<Invoice['status_transitions']>,
  event: 'invoice.voided' | 'invoice.marked_uncollectible',
): Invoice {
  const closed: Invoice = {
    ...invoice,
    status,
    next_payment_attempt: null,
    status_transitions: { ...invoice.status_transitions, ...transition },
  };
  context.data.put('invoice', closed);
  if (status === 'void') {
    cancelOpenIntents(context, closed);
    giveBackBalance(context, closed);
  }
  context.emit(event, closed);
  return closed;
}

/** The credit that an invoice took up is the customer's again. */
function giveBackBalance(context: Context, invoice: Invoice): void {
  const amount = invoice.starting_balance - (invoice.ending_balance ?? invoice.starting_balance);
  if (amount === 0) return;
  moveBalance(context, idOf(invoice.customer ?? ''), {
    amount,
    currency: invoice.currency,
    type: 'unapplied_from_invoice',
    invoice: invoice.id,
  });
}

function cancelOpenIntents(context: Context, invoice: Invoice): void {
  for (const payment of paymentsOf(context, invoice.id)) {
    const intent = context.find('payment_intent', idOrNull(payment.payment.payment_intent) ?? '');
    if (intent.status !== 'succeeded' && intent.status !== 'canceled')
      cancelIntent(context, intent, 'void_invoice');
  }
}

function subscriptionOf(context: Context, invoice: Invoice): Subscription | undefined {
  const id = subscriptionIdOf(invoice);
  return id === null ? undefined : context.data.get('subscription', id);
}

/** What a browser confirms the payment of an invoice with, shown when asked for by `expand`. */
export function confirmationSecret(context: Context, id: string): object | null {
  const invoice = context.find('invoice', id);
  if (paymentsOf(context, id).length === 0) return null;
  return { client_secret: intentOf(context, invoice).client_secret, type: 'payment_intent' };
}

/** The list of an invoice's payments as `expand` shows it. */
export function paymentList(context: Context, id: string): object {
  return listOf(paymentsOf(context, id), `/v1/invoices/${id}/payments`);
}
