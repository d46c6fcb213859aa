import { paymentOutcome } from '../billing/test-cards.ts';
import { invalid } from '../http/errors.ts';
import type { Context } from '../state/context.ts';
import { idOrNull } from '../state/listed.ts';
import type { CheckoutSession, Customer, PaymentMethod } from '../state/tables.ts';
import { detailsOf } from './checkout-session-object.ts';
import { lineItemsOf } from './checkout-sessions.ts';
import { createCustomer } from './customers.ts';
import { attach, createFromTypedCard, testCardOf, type TypedCard } from './payment-methods.ts';
import { attemptPayment, createIntent, declinedError } from './payments.ts';
import { createSetupIntent, succeedSetup } from './setup-intents.ts';
import { createSubscription } from './subscriptions.ts';

/** What a person typed into the page of a session. */
export interface Payer {
  card: TypedCard;
  name: string;
  email: string;
}

/** The page was sent: the session is complete, or the holder must authenticate this method first. */
export type CheckoutStep =
  { step: 'complete'; session: CheckoutSession } | { step: 'authenticate'; method: string };

/** Takes the card of an open session's page. Throws Stripe's error for a card that is refused. */
export function submitCheckout(context: Context, session: CheckoutSession, payer: Payer): CheckoutStep {
  requireOpen(context, session);
  const method = describedMethod(context, createFromTypedCard(context, payer.card), payer);
  const { setUp, ...testCard } = testCardOf(context, method.id);
  const outcome = paymentOutcome(
    { ...testCard, charge: null },
    { offSession: false, setUp, authenticated: false },
  );
  if (outcome.kind === 'requires_action') return { step: 'authenticate', method: method.id };
  return { step: 'complete', session: completeCheckout(context, session, method, false) };
}

/** Completes a session with a method whose holder just authenticated. */
export function completeAuthenticated(
  context: Context,
  session: CheckoutSession,
  methodId: string,
): CheckoutSession {
  requireOpen(context, session);
  return completeCheckout(context, session, context.find('payment_method', methodId), true);
}

function requireOpen(context: Context, session: CheckoutSession): void {
  if (session.status !== 'open' || session.expires_at <= context.now)
    throw invalid('This checkout session is no longer open.', 'session');
}

function completeCheckout(
  context: Context,
  session: CheckoutSession,
  method: PaymentMethod,
  authenticated: boolean,
): CheckoutSession {
  const customer = customerOf(context, session, method);
  const made =
    session.mode === 'subscription'
      ? subscribe(context, session, method, customer, authenticated)
      : session.mode === 'payment'
        ? pay(context, session, method, customer, authenticated)
        : setUpOnly(context, session, method, customer);
  const complete: CheckoutSession = {
    ...session,
    ...made,
    status: 'complete',
    url: null,
    customer: customer?.id ?? null,
    customer_details: {
      ...(detailsOf(method.billing_details.email, customer) ?? {
        address: null,
        business_name: null,
        email: method.billing_details.email,
        individual_name: null,
        phone: null,
        tax_exempt: 'none',
        tax_ids: [],
      }),
      name: method.billing_details.name,
    },
  };
  context.data.put('checkout.session', complete);
  context.emit('checkout.session.completed', complete);
  return complete;
}

/** The session's customer; one is made where the mode needs it. */
function customerOf(context: Context, session: CheckoutSession, method: PaymentMethod): Customer | undefined {
  const id = idOrNull(session.customer);
  if (id !== null) return context.find('customer', id);
  if (session.mode === 'payment' && session.customer_creation !== 'always') return undefined;
  const { email, name } = method.billing_details;
  return createCustomer(context, { email: session.customer_email ?? email, name });
}

function subscribe(
  context: Context,
  session: CheckoutSession,
  method: PaymentMethod,
  customer: Customer | undefined,
  authenticated: boolean,
): Partial<CheckoutSession> {
  const plan = context.data.get('_checkout', session.id);
  if (customer === undefined || plan === undefined)
    throw invalid('This checkout session cannot be completed.', 'session');
  attach(context, method.id, customer.id);
  const subscription = createSubscription(
    context,
    {
      customer: customer.id,
      default_payment_method: method.id,
      description: plan.subscription.description ?? undefined,
      items: plan.items.map((item) => ({ price: item.price.id, quantity: item.quantity ?? undefined })),
      metadata: plan.subscription.metadata,
      payment_behavior: 'error_if_incomplete',
    },
    authenticated,
  );
  const status = session.amount_total === 0 ? 'no_payment_required' : 'paid';
  return {
    payment_status: status,
    subscription: subscription.id,
    invoice: idOrNull(subscription.latest_invoice),
  };
}

function pay(
  context: Context,
  session: CheckoutSession,
  method: PaymentMethod,
  customer: Customer | undefined,
  authenticated: boolean,
): Partial<CheckoutSession> {
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
  if (paid.status !== 'succeeded') throw declinedError(paid);
  return { payment_status: 'paid', payment_intent: paid.id };
}

function setUpOnly(
  context: Context,
  session: CheckoutSession,
  method: PaymentMethod,
  customer: Customer | undefined,
): Partial<CheckoutSession> {
  const metadata = context.data.get('_checkout', session.id)?.setup_metadata;
  const intent = createSetupIntent(context, { customer: customer?.id, metadata });
  return { payment_status: 'no_payment_required', setup_intent: succeedSetup(context, intent, method).id };
}

function describedMethod(context: Context, method: PaymentMethod, payer: Payer): PaymentMethod {
  const details = {
    ...method.billing_details,
    email: payer.email === '' ? null : payer.email,
    name: payer.name === '' ? null : payer.name,
  };
  const described = { ...method, billing_details: details };
  context.data.put('payment_method', described);
  return described;
}
