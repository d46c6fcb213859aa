import { money } from '../billing/money.ts';
import { invalid, type StripeError } from '../http/errors.ts';
import type { FormRecord } from '../http/form.ts';
import { updateSubscription } from '../resources/change-subscription.ts';
import { updateCustomer } from '../resources/customers.ts';
import { attach, createFromTypedCard } from '../resources/payment-methods.ts';
import type { Context } from '../state/context.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type { PortalSession, Subscription } from '../state/tables.ts';
import { CARD_INPUTS, field, typedCard } from './card-form.ts';
import { errorHtml, escapeHtml, pageHtml, type PageAnswer } from './layout.ts';

/** The portal of one customer: its subscriptions, its card, its invoices. */
export function showPortal(context: Context, session: PortalSession): PageAnswer {
  return { status: 200, html: portalHtml(context, session, null) };
}

/** Cancels at the end of the period, takes that back, or replaces the card, and shows the portal again. */
export function sendPortal(context: Context, session: PortalSession, form: FormRecord): PageAnswer {
  const action = field(form, 'action');
  if (action === 'card') {
    const method = attach(context, createFromTypedCard(context, typedCard(form)).id, session.customer);
    updateCustomer(context, session.customer, {
      invoice_settings: { default_payment_method: method.id },
    });
  } else {
    const subscription = ownSubscription(context, session, field(form, 'subscription'));
    updateSubscription(context, subscription.id, { cancel_at_period_end: action === 'cancel' });
  }
  return { redirect: session.url };
}

/** The portal again, with why something was refused. */
export function refusedPortal(context: Context, session: PortalSession, error: StripeError): PageAnswer {
  return { status: error.status, html: portalHtml(context, session, error.message) };
}

function ownSubscription(context: Context, session: PortalSession, id: string): Subscription {
  const subscription = context.find('subscription', id);
  if (subscription.customer !== session.customer)
    throw invalid(`No such subscription: '${id}'`, 'subscription');
  return subscription;
}

function portalHtml(context: Context, session: PortalSession, error: string | null): string {
  const { customer } = session;
  const subscriptions = [...context.data.all('subscription')].filter(
    (subscription) => subscription.customer === customer && subscription.ended_at === null,
  );
  const invoices = [...context.data.all('invoice')].filter(
    (invoice) => invoice.customer === customer && invoice.status !== 'draft',
  );
  const back =
    session.return_url === null ? '' : `<p><a href="${escapeHtml(session.return_url)}">Return</a></p>`;
  return pageHtml(
    'Billing',
    `<main class="narrow"><section class="card">
${context.livemode ? '' : '<span class="note">Test mode: no money moves</span>'}
${back}${errorHtml(error)}
<h1>Current plan</h1>
${subscriptions.map((subscription) => subscriptionHtml(context, session, subscription)).join('')}
</section><section class="card">
<h1>Payment method</h1>
<p>${escapeHtml(cardName(context, customer))}</p>
<form method="post" action="${escapeHtml(session.url)}"><input type="hidden" name="action" value="card">
${CARD_INPUTS}<button type="submit">Save card</button></form>
</section><section class="card">
<h1>Invoices</h1>
<ul class="lines">${invoices
      .reverse()
      .map(
        ({ hosted_invoice_url: url, number, status, currency, total }) =>
          `<li><a href="${escapeHtml(url ?? '')}">${escapeHtml(number ?? '')}</a><span>${escapeHtml(status ?? '')} ${money(total, currency)}</span></li>`,
      )
      .join('')}</ul>
</section></main>`,
  );
}

function subscriptionHtml(context: Context, session: PortalSession, subscription: Subscription): string {
  const plans = subscription.items.data.map(({ price }) =>
    escapeHtml(context.data.get('product', idOf(price.product))?.name ?? 'Product'),
  );
  const [action, label] = subscription.cancel_at_period_end
    ? ['keep', "Don't cancel subscription"]
    : ['cancel', 'Cancel subscription'];
  const ends = subscription.cancel_at;
  return `<p>${plans.join(', ')} <span class="soft">${escapeHtml(subscription.status)}${
    ends === null ? '' : `, ends ${new Date(ends * 1000).toISOString().slice(0, 10)}`
  }</span></p>
<form method="post" action="${escapeHtml(session.url)}"><input type="hidden" name="subscription" value="${subscription.id}">
<button name="action" value="${action}" class="quiet">${label}</button></form>`;
}

function cardName(context: Context, customer: string): string {
  const settings = context.find('customer', customer).invoice_settings;
  const method = context.data.get('payment_method', idOrNull(settings.default_payment_method) ?? '');
  return method?.card === undefined ? 'No card yet' : `${method.card.brand} •••• ${method.card.last4}`;
}
