import type { Context } from '../state/context.ts';
import { idOrNull } from '../state/listed.ts';
import type { CheckoutSession, Invoice, PaymentIntent } from '../state/tables.ts';
import { followPayment } from './invoice-states.ts';
import { decideDebit } from './payments.ts';

/** A bank has decided about a debit: its invoice and the checkout it came from follow. */
export function passDebit(context: Context, id: string): void {
  if (context.data.get('_debit', id) === undefined) return;
  const intent = decideDebit(context, id);
  const invoice = followPayment(context, intent);
  const session = sessionOf(context, intent, invoice);
  if (session === undefined) return;
  if (intent.status !== 'succeeded') {
    context.emit('checkout.session.async_payment_failed', session);
    return;
  }
  const paid: CheckoutSession = { ...session, payment_status: 'paid' };
  context.data.put('checkout.session', paid);
  context.emit('checkout.session.async_payment_succeeded', paid);
}

function sessionOf(
  context: Context,
  intent: PaymentIntent,
  invoice: Invoice | undefined,
): CheckoutSession | undefined {
  return [...context.data.all('checkout.session')].find(
    (session) =>
      session.payment_status === 'unpaid' &&
      (idOrNull(session.payment_intent) === intent.id ||
        (invoice !== undefined && idOrNull(session.invoice) === invoice.id)),
  );
}
