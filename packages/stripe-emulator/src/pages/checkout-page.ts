import { money } from '../billing/money.ts';
import type { FormRecord } from '../http/form.ts';
import { StripeError } from '../http/errors.ts';
import type { Context } from '../state/context.ts';
import type { CheckoutSession, LineItem } from '../state/tables.ts';
import { lineItemsOf } from '../resources/checkout-sessions.ts';
import { asksForCard, completeAuthenticated, submitCheckout } from '../resources/complete-checkout.ts';
import { ACCOUNT_INPUTS, CARD_INPUTS, field, typedCard } from './card-form.ts';
import { authenticationPage } from './authentication-page.ts';
import { errorHtml, escapeHtml, messagePage, pageHtml, type PageAnswer } from './layout.ts';

/** The page of a session: what is bought, and a card form while it is open. */
export function showCheckout(context: Context, session: CheckoutSession): PageAnswer {
  const closed = closedPage(context, session);
  return (
    closed ?? {
      status: 200,
      html: checkoutHtml(context, session, {
        error: null,
        email: session.customer_details?.email ?? '',
        name: '',
      }),
    }
  );
}

/** The sent card form: pays and returns to the shop, asks to authenticate, or shows why the card was refused. */
export function sendCheckout(context: Context, session: CheckoutSession, form: FormRecord): PageAnswer {
  const closed = closedPage(context, session);
  if (closed !== undefined) return closed;
  const step = submitCheckout(context, session, {
    account: field(form, 'account'),
    card: typedCard(form),
    code: field(form, 'promotion_code'),
    email: field(form, 'email'),
    name: field(form, 'name'),
  });
  if (step.step === 'complete') return { redirect: successUrl(step.session) };
  return { redirect: `${context.baseUrl}/c/pay/${session.id}/authenticate?method=${step.method}` };
}

/** The form again, with what was typed except the card, and the reason it was refused. */
export function refusedCheckout(
  context: Context,
  session: CheckoutSession,
  form: FormRecord,
  error: StripeError,
): PageAnswer {
  const html = checkoutHtml(context, session, {
    error: error.message,
    email: field(form, 'email'),
    name: field(form, 'name'),
  });
  return { status: error.status, html };
}

/** The bank's question about the card of a session. */
export function showCheckoutAuthentication(
  context: Context,
  session: CheckoutSession,
  method: string,
): PageAnswer {
  return (
    closedPage(context, session) ?? {
      status: 200,
      html: authenticationPage(
        `/c/pay/${session.id}/authenticate?method=${encodeURIComponent(method)}`,
        dueToday(session),
      ),
    }
  );
}

/** The answer to the bank's question: completes the session or shows its form again. */
export function sendCheckoutAuthentication(
  context: Context,
  session: CheckoutSession,
  method: string,
  form: FormRecord,
): PageAnswer {
  const closed = closedPage(context, session);
  if (closed !== undefined) return closed;
  if (field(form, 'outcome') === 'complete')
    return { redirect: successUrl(completeAuthenticated(context, session, method)) };
  const error =
    'We are unable to authenticate your payment method. Please choose a different payment method and try again.';
  return {
    status: 402,
    html: checkoutHtml(context, session, { error, email: session.customer_details?.email ?? '', name: '' }),
  };
}

function closedPage(context: Context, session: CheckoutSession): PageAnswer | undefined {
  if (session.status === 'complete')
    return messagePage(200, 'All done here', 'This checkout was completed already.');
  if (session.status === 'open' && session.expires_at > context.now) return undefined;
  return messagePage(410, 'This page has expired', 'Go back to the shop and start again.');
}

function successUrl(session: CheckoutSession): string {
  return (session.success_url ?? '/').replaceAll('{CHECKOUT_SESSION_ID}', session.id);
}

interface Shown {
  error: string | null;
  email: string;
  name: string;
}

function checkoutHtml(context: Context, session: CheckoutSession, shown: Shown): string {
  const seller =
    context.platform.get('account', context.data.account ?? '')?.business_profile?.name ?? 'Checkout';
  const known = session.customer !== null && shown.email !== '';
  const cancel =
    session.cancel_url === null
      ? ''
      : `<p><a href="${escapeHtml(session.cancel_url)}">← Cancel and go back</a></p>`;
  return pageHtml(
    `${verb(session)} · ${seller}`,
    `<main class="wide">
<section aria-labelledby="summary">
${cancel}
${context.livemode ? '' : '<span class="note">Test mode: no money moves</span>'}
<h1 id="summary">${escapeHtml(heading(session, seller))}</h1>
<p class="amount">${dueToday(session)}</p>
<ul class="lines">${lineItemsOf(context, session.id).map(lineHtml).join('')}</ul>
</section>
<section class="card" aria-labelledby="pay">
<h2 id="pay">${formHeading(session)}</h2>
${errorHtml(shown.error)}
<form method="post" action="/c/pay/${session.id}">
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="email" value="${escapeHtml(shown.email)}"${known ? ' readonly' : ''} required>
${asksForCard(session) ? paymentInputs(session) : ''}
<label for="name">${asksForCard(session) ? 'Name on card' : 'Name'}</label>
<input id="name" name="name" autocomplete="cc-name" value="${escapeHtml(shown.name)}">
${session.allow_promotion_codes === true ? CODE_INPUT : ''}
<button type="submit">${escapeHtml(verb(session))}</button>
</form>
</section>
</main>`,
  );
}

const CODE_INPUT = `
<label for="promotion-code">Promotion code</label>
<input id="promotion-code" name="promotion_code" autocomplete="off">`;

/** What the page asks for; where a bank account may be typed, the card is not required. */
function paymentInputs({ payment_method_types: types }: CheckoutSession): string {
  const takesCards = types.includes('card');
  const takesAccounts = types.some((type) => type !== 'card');
  if (!takesAccounts) return CARD_INPUTS;
  return (takesCards ? CARD_INPUTS.replaceAll(' required', '') : '') + ACCOUNT_INPUTS;
}

function heading(session: CheckoutSession, seller: string): string {
  if (session.mode === 'setup') return `Save a card with ${seller}`;
  return session.mode === 'subscription' ? `Subscribe to ${seller}` : `Pay ${seller}`;
}

function formHeading(session: CheckoutSession): string {
  if (session.mode === 'setup') return 'Save a card';
  return asksForCard(session) ? 'Pay with card' : 'Your details';
}

function verb(session: CheckoutSession): string {
  if (session.mode === 'setup') return 'Save card';
  return session.mode === 'subscription' ? 'Subscribe' : 'Pay';
}

function dueToday(session: CheckoutSession): string {
  return session.amount_total === null ? '' : money(session.amount_total, session.currency ?? 'usd');
}

function lineHtml(item: LineItem): string {
  const { recurring } = item.price;
  const every =
    recurring === null
      ? ''
      : recurring.interval_count === 1
        ? `every ${recurring.interval}`
        : `every ${recurring.interval_count} ${recurring.interval}s`;
  const metered = recurring?.usage_type === 'metered';
  const note = [metered ? 'billed by usage' : `quantity ${item.quantity}`, every]
    .filter((part) => part !== '')
    .join(', ');
  const amount = metered ? '' : money(item.amount_total, item.currency);
  return `<li><span>${escapeHtml(item.description ?? 'Item')}<br><span class="soft">${escapeHtml(note)}</span></span><span>${amount}</span></li>`;
}
