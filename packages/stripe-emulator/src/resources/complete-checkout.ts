import { paymentOutcome } from '../billing/test-cards.ts';
import { invalid } from '../http/errors.ts';
import type { Context } from '../state/context.ts';
import { idOrNull } from '../state/listed.ts';
import type { CheckoutSession, Customer, PaymentMethod, Subscription } from '../state/tables.ts';
import { detailsOf } from './checkout-session-object.ts';
import { lineItemsOf, withCode } from './checkout-sessions.ts';
import { createCustomer } from './customers.ts';
import {
  attach,
  createFromAccount,
  createFromTypedCard,
  testCardOf,
  type TypedCard,
} from './payment-methods.ts';
import { attemptPayment, createIntent, declinedError } from './payments.ts';
import { createSetupIntent, succeedSetup } from './setup-intents.ts';
import { createSubscription } from './create-subscription.ts';

/** What a person typed into the page of a session. */
export interface Payer {
  card: TypedCard;
  /** The number or IBAN of a bank account, in place of a card; empty for a card. */
  account: string;
  /** A promotion code, empty without one. */
  code: string;
  name: string;
  email: string;
}

/** The page was sent: the session is complete, or the holder must authenticate this method first. */
export type CheckoutStep =
  { step: 'complete'; session: CheckoutSession } | { step: 'authenticate'; method: string };

/** Who completes a session, and with what. */
interface Buyer {
  email: string | null;
  name: string | null;
  method: PaymentMethod | undefined;
  /** The holder just passed 3-D Secure. */
  authenticated: boolean;
}

/** What became of a session: the objects made by it. */
type Made = Pick<CheckoutSession, 'payment_status'> & Partial<CheckoutSession>;

/** Whether the page asks for a card: not where nothing is due and the shop said not to. */
export function asksForCard(session: CheckoutSession): boolean {
  return session.amount_total !== 0 || session.payment_method_collection !== 'if_required';
}

/** Takes what was typed into an open session's page. Throws Stripe's error for a card that is refused. */
export function submitCheckout(context: Context, opened: CheckoutSession, payer: Payer): CheckoutStep {
  const session = payer.code === '' ? opened : withCode(context, opened, payer.code);
  const typed = {
    email: payer.email === '' ? null : payer.email,
    name: payer.name === '' ? null : payer.name,
  };
  if (!asksForCard(session)) {
    const buyer: Buyer = { ...typed, method: undefined, authenticated: false };
    return { step: 'complete', session: completeCheckout(context, session, buyer) };
  }
  const created =
    payer.account === ''
      ? createFromTypedCard(context, payer.card)
      : createFromAccount(context, payer.account);
  if (!session.payment_method_types.includes(created.type))
    throw invalid(`This checkout takes no ${created.type}.`, 'payment_method_types');
  const method = { ...created, billing_details: { ...created.billing_details, ...typed } };
  context.data.put('payment_method', method);
  const { setUp, ...testCard } = testCardOf(context, method.id);
  const outcome = paymentOutcome(
    { ...testCard, charge: null },
    { offSession: false, setUp, authenticated: false },
  );
  if (outcome.kind === 'requires_action') return { step: 'authenticate', method: method.id };
  const buyer: Buyer = { ...typed, method, authenticated: false };
  return { step: 'complete', session: completeCheckout(context, session, buyer) };
}

/** Completes a session with a method whose holder just authenticated. */
export function completeAuthenticated(
  context: Context,
  session: CheckoutSession,
  methodId: string,
): CheckoutSession {
  const method = context.find('payment_method', methodId);
  const { email, name } = method.billing_details;
  return completeCheckout(context, session, { email, name, method, authenticated: true });
}

function completeCheckout(context: Context, session: CheckoutSession, buyer: Buyer): CheckoutSession {
  const customer = customerOf(context, session, buyer);
  const made = makeWhatWasSold(context, session, buyer, customer);
  const email = customer?.email ?? buyer.email;
  const details = detailsOf(email, customer) ?? {
    address: null,
    business_name: null,
    email,
    individual_name: null,
    name: null,
    phone: null,
    tax_exempt: 'none',
    tax_ids: [],
  };
  const complete: CheckoutSession = {
    ...session,
    ...made,
    status: 'complete',
    url: null,
    customer: customer?.id ?? null,
    customer_details: { ...details, name: buyer.name ?? details.name },
  };
  context.data.put('checkout.session', complete);
  context.emit('checkout.session.completed', complete);
  return complete;
}

/** The session's customer; one is made where the mode needs it. */
function customerOf(context: Context, session: CheckoutSession, buyer: Buyer): Customer | undefined {
  const id = idOrNull(session.customer);
  if (id !== null) return context.find('customer', id);
  if (session.mode === 'payment' && session.customer_creation !== 'always') return undefined;
  return createCustomer(context, { email: session.customer_email ?? buyer.email, name: buyer.name });
}

function makeWhatWasSold(
  context: Context,
  session: CheckoutSession,
  buyer: Buyer,
  customer: Customer | undefined,
): Made {
  const { method } = buyer;
  if (session.mode === 'subscription' && customer !== undefined)
    return subscribe(context, session, buyer, customer);
  if (method === undefined) throw invalid('This checkout session needs a payment method.', 'session');
  if (session.mode === 'payment') return pay(context, session, { ...buyer, method }, customer);
  const metadata = context.data.get('_checkout', session.id)?.setup_metadata;
  const intent = createSetupIntent(context, { customer: customer?.id, metadata });
  return { payment_status: 'no_payment_required', setup_intent: succeedSetup(context, intent, method).id };
}

function subscribe(context: Context, session: CheckoutSession, buyer: Buyer, customer: Customer): Made {
  const plan = context.data.get('_checkout', session.id);
  if (buyer.method !== undefined) attach(context, buyer.method.id, customer.id);
  const subscription = createSubscription(
    context,
    {
      customer: customer.id,
      default_payment_method: buyer.method?.id,
      description: plan?.subscription.description ?? undefined,
      automatic_tax: { enabled: plan?.subscription.automatic_tax ?? false },
      default_tax_rates: plan?.subscription.default_tax_rates,
      discounts: plan?.subscription.discounts,
      trial_end: plan?.subscription.trial_end ?? undefined,
      trial_period_days: plan?.subscription.trial_period_days ?? undefined,
      trial_settings:
        plan === undefined
          ? undefined
          : { end_behavior: { missing_payment_method: plan.subscription.missing_payment_method } },
      items: lineItemsOf(context, session.id).map((item) => ({
        price: item.price.id,
        quantity: item.quantity ?? undefined,
      })),
      metadata: plan?.subscription.metadata,
      payment_behavior: 'error_if_incomplete',
    },
    buyer.authenticated,
  );
  return {
    payment_status:
      session.amount_total === 0 ? 'no_payment_required' : isPaid(context, subscription) ? 'paid' : 'unpaid',
    subscription: subscription.id,
    invoice: idOrNull(subscription.latest_invoice),
  };
}

function pay(
  context: Context,
  session: CheckoutSession,
  buyer: Buyer & { method: PaymentMethod },
  customer: Customer | undefined,
): Made {
  const { method, authenticated } = buyer;
  const plan = context.data.get('_checkout', session.id);
  const [first] = lineItemsOf(context, session.id);
  const future = plan?.payment_future_usage ?? null;
  if (customer !== undefined && future !== null) attach(context, method.id, customer.id);
  const intent = createIntent(context, {
    amount: session.amount_total ?? 0,
    currency: session.currency ?? 'usd',
    customer: customer?.id ?? null,
    description: first?.description ?? null,
    metadata: plan?.payment_metadata ?? {},
    setup_future_usage: future,
  });
  const paid = attemptPayment(context, intent, { method, offSession: false, authenticated, returnUrl: null });
  if (paid.status === 'processing') return { payment_status: 'unpaid', payment_intent: paid.id };
  if (paid.status !== 'succeeded') throw declinedError(paid);
  return { payment_status: 'paid', payment_intent: paid.id };
}

/** Whether the first invoice is settled; a bank may have yet to decide. */
function isPaid(context: Context, { latest_invoice: latest }: Subscription): boolean {
  return context.data.get('invoice', idOrNull(latest) ?? '')?.status === 'paid';
}
