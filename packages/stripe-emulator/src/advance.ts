import { Context } from './state/context.ts';
import { idOrNull } from './state/listed.ts';
import type { Dataset, Store } from './state/store.ts';
import type { Invoice, Subscription } from './state/tables.ts';
import { clockOfCustomer } from './state/whose-time.ts';
import { forgetPending } from './resources/bill-change.ts';
import { expireSession } from './resources/checkout-sessions.ts';
import { passDebit } from './resources/settle-debits.ts';
import { decideRefund, refundDue } from './resources/refunds.ts';
import {
  collectUnattended,
  giveUpIncomplete,
  nextPeriodEnd,
  passDraftEnd,
  passPeriodEnd,
} from './resources/subscription-billing.ts';
import { endSubscription, saveSubscription } from './resources/subscription-states.ts';
import { passPhase, scheduleDue } from './resources/subscription-schedules.ts';
import { announceTrialEnd, isAnnounced, passTrialEnd, TRIAL_NOTICE_SECONDS } from './resources/trials.ts';
import type { Deliveries } from './webhooks/deliveries.ts';

const INCOMPLETE_SECONDS = 23 * 3600;

/** Something that happens by itself at a time. */
interface Due {
  at: number;
  happen(context: Context): void;
}

interface Surroundings {
  store: Store;
  deliveries: Deliveries;
  baseUrl: string;
}

/**
 * Lets everything happen that is due in a data set up to `until` (seconds), in order of time, each at its
 * own time and in its own transaction. What belongs to a customer on a test clock waits for its clock.
 */
export function advance({ store, deliveries, baseUrl }: Surroundings, data: Dataset, until: number): void {
  for (let next = earliest(data, null, until); next.length > 0; next = earliest(data, null, until)) {
    for (const due of next) {
      const context = new Context({
        store,
        data,
        now: due.at,
        baseUrl,
        cause: { request: null, idempotency_key: null },
        forwardingTargets: deliveries.targets(data.mode),
      });
      store.transaction(() => due.happen(context));
      deliveries.add(context.deliveries);
    }
  }
}

/** The same for what belongs to the customers of a test clock, within the transaction of a request. */
export function letPass(context: Context, clock: string, until: number): void {
  const { data } = context;
  for (let next = earliest(data, clock, until); next.length > 0; next = earliest(data, clock, until)) {
    for (const due of next) context.at(due.at, (then) => due.happen(then));
  }
}

/** Everything that is due first, no later than `until`. */
function earliest(data: Dataset, clock: string | null, until: number): Due[] {
  let found: Due[] = [];
  for (const due of dueBy(data, clock, until)) {
    const first = found[0]?.at ?? Infinity;
    if (due.at < first) found = [due];
    else if (due.at === first) found.push(due);
  }
  return found;
}

function* dueBy(data: Dataset, clock: string | null, until: number): Generator<Due> {
  // A phase that ends with a period changes the subscription before the next period is billed.
  for (const schedule of data.all('subscription_schedule')) {
    const at = scheduleDue(schedule);
    if (schedule.test_clock !== clock || at > until) continue;
    yield {
      at,
      happen: (context) => passPhase(context, context.find('subscription_schedule', schedule.id)),
    };
  }
  for (const subscription of data.all('subscription')) {
    if (subscription.test_clock !== clock) continue;
    const at = subscriptionDue(data, subscription);
    if (at <= until) yield { at, happen: (context) => passSubscription(context, subscription.id) };
  }
  for (const invoice of data.all('invoice')) {
    if (invoice.test_clock !== clock) continue;
    const at = invoiceDue(invoice);
    if (at <= until) yield { at, happen: (context) => passInvoice(context, invoice.id) };
  }
  for (const refund of data.all('refund')) {
    const at = refundDue(refund);
    if (at > until || clockOfCustomer(data, idOrNull(refund.customer)) !== clock) continue;
    yield { at, happen: (context) => decideRefund(context, context.find('refund', refund.id)) };
  }
  for (const { at, id } of data.all('_debit')) {
    if (at > until || clockOfCustomer(data, idOrNull(data.get('payment_intent', id)?.customer)) !== clock)
      continue;
    yield { at, happen: (context) => passDebit(context, id) };
  }
  for (const session of data.all('checkout.session')) {
    const at = session.expires_at;
    if (session.status !== 'open' || at > until) continue;
    if (clockOfCustomer(data, idOrNull(session.customer)) !== clock) continue;
    yield { at, happen: (context) => expireSession(context, context.find('checkout.session', session.id)) };
  }
}

function invoiceDue(invoice: Invoice): number {
  if (invoice.status === 'draft' && invoice.auto_advance === true)
    return invoice.automatically_finalizes_at ?? Infinity;
  return invoice.status === 'open' ? (invoice.next_payment_attempt ?? Infinity) : Infinity;
}

/** One thing may have settled what fell due in the same second, so each looks again. */
function passInvoice(context: Context, id: string): void {
  const invoice = context.find('invoice', id);
  if (invoiceDue(invoice) > context.now) return;
  if (invoice.status === 'draft') passDraftEnd(context, invoice);
  else collectUnattended(context, invoice);
}

function subscriptionDue(data: Dataset, subscription: Subscription): number {
  const { status } = subscription;
  if (status === 'incomplete') return subscription.created + INCOMPLETE_SECONDS;
  if (!['active', 'past_due', 'trialing', 'unpaid', 'paused'].includes(status)) return Infinity;
  const resumes = subscription.pause_collection?.resumes_at ?? Infinity;
  const cancels = Math.min(
    subscription.cancel_at ?? Infinity,
    subscription.pending_update?.expires_at ?? Infinity,
  );
  if (status === 'paused') return Math.min(resumes, cancels);
  const noticed =
    status !== 'trialing' || subscription.trial_end === null || isAnnounced(data, subscription)
      ? Infinity
      : Math.max(subscription.trial_end - TRIAL_NOTICE_SECONDS, subscription.trial_start ?? 0);
  return Math.min(nextPeriodEnd(subscription), cancels, resumes, noticed);
}

function passSubscription(context: Context, id: string): void {
  const subscription = context.find('subscription', id);
  if (subscriptionDue(context.data, subscription) > context.now) return;
  if (subscription.status === 'incomplete') giveUpIncomplete(context, subscription);
  else if (Number(subscription.pause_collection?.resumes_at ?? Infinity) <= context.now)
    saveSubscription(context, subscription, { pause_collection: null });
  else if ((subscription.pending_update?.expires_at ?? Infinity) <= context.now)
    forgetPending(context, subscription);
  else if (subscription.status === 'paused') endSubscription(context, subscription, context.now);
  else if (nextPeriodEnd(subscription) > context.now) passWithinPeriod(context, subscription);
  else if (subscription.status === 'trialing') passTrialEnd(context, subscription);
  else passPeriodEnd(context, subscription);
}

function passWithinPeriod(context: Context, subscription: Subscription): void {
  if ((subscription.cancel_at ?? Infinity) <= context.now)
    endSubscription(context, subscription, context.now);
  else announceTrialEnd(context, subscription);
}
