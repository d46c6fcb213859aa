import { StripeError } from '../http/errors.ts';
import type { FormRecord } from '../http/form.ts';
import { authenticate } from '../resources/payment-intents.ts';
import { authenticateSetup } from '../resources/setup-intents.ts';
import type { Context } from '../state/context.ts';
import type { PaymentIntent, SetupIntent } from '../state/tables.ts';
import { field } from './card-form.ts';
import { escapeHtml, messagePage, pageHtml, type PageAnswer } from './layout.ts';

/** The bank's question, as a test bank asks it: one button for each outcome. */
export function authenticationPage(action: string, amount: string): string {
  return pageHtml(
    '3-D Secure test page',
    `<main class="narrow"><section class="card">
<h1>Your bank asks you to confirm</h1>
<p class="soft">This stands for the 3-D Secure page of the card's bank${amount === '' ? '' : ` for ${escapeHtml(amount)}`}. Choose the outcome.</p>
<form method="post" action="${escapeHtml(action)}">
<button name="outcome" value="complete">Complete authentication</button>
<button name="outcome" value="fail" class="quiet">Fail authentication</button>
</form>
</section></main>`,
  );
}

/** The question about an intent that waits for its holder. */
export function showAuthentication(context: Context, id: string): PageAnswer {
  const intent = context.data.get('payment_intent', id) ?? context.data.get('setup_intent', id);
  if (intent?.status !== 'requires_action')
    return messagePage(410, 'Nothing to confirm', 'This payment does not wait for you.');
  return { status: 200, html: authenticationPage(`/authenticate/${id}`, '') };
}

/** The answer: the intent goes on, and the browser returns to where the shop wants it. */
export function sendAuthentication(context: Context, id: string, form: FormRecord): PageAnswer {
  const passed = field(form, 'outcome') === 'complete';
  const setup = context.data.get('setup_intent', id);
  const before = setup ?? context.data.get('payment_intent', id);
  if (before === undefined)
    throw new StripeError(404, { type: 'invalid_request_error', message: 'No such intent' });
  const after =
    setup === undefined ? authenticate(context, id, passed) : authenticateSetup(context, id, passed);
  const back = before.next_action?.redirect_to_url?.return_url;
  if (back !== null && back !== undefined) return { redirect: returned(back, after) };
  return messagePage(
    200,
    after.status === 'succeeded' ? 'Confirmed' : 'Not confirmed',
    'You can close this page.',
  );
}

/** The shop's address with what Stripe tells it there: which intent, and how it went. */
function returned(back: string, intent: PaymentIntent | SetupIntent): string {
  const address = new URL(back);
  address.searchParams.set(intent.object, intent.id);
  address.searchParams.set(`${intent.object}_client_secret`, intent.client_secret ?? '');
  address.searchParams.set(
    'redirect_status',
    ['succeeded', 'processing'].includes(intent.status) ? intent.status : 'failed',
  );
  return address.toString();
}
