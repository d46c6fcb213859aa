import { Context } from './state/context.ts';
import type { Dataset, Store } from './state/store.ts';
import { expireSession } from './resources/checkout-sessions.ts';
import {
  giveUpIncomplete,
  nextPeriodEnd,
  passDraftEnd,
  passPeriodEnd,
} from './resources/subscription-billing.ts';
import { endSubscription } from './resources/subscription-states.ts';
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
 * own time: periods end, drafts are finalized and charged, unpaid first invoices and sessions expire.
 */
export function advance({ store, deliveries, baseUrl }: Surroundings, data: Dataset, until: number): void {
  for (let next = earliest(data, until); next.length > 0; next = earliest(data, until)) {
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

/** Everything that is due first, no later than `until`. */
function earliest(data: Dataset, until: number): Due[] {
  let found: Due[] = [];
  for (const due of dueBy(data, until)) {
    const first = found[0]?.at ?? Infinity;
    if (due.at < first) found = [due];
    else if (due.at === first) found.push(due);
  }
  return found;
}

function* dueBy(data: Dataset, until: number): Generator<Due> {
  for (const subscription of data.all('subscription')) {
    const at = subscriptionDue(subscription);
    if (at <= until) yield { at, happen: (context) => passSubscription(context, subscription.id) };
  }
  for (const invoice of data.all('invoice')) {
    const at = invoice.automatically_finalizes_at;
    if (invoice.status === 'draft' && invoice.auto_advance === true && at !== null && at <= until) {
      yield { at, happen: (context) => passDraftEnd(context, context.find('invoice', invoice.id)) };
    }
  }
  for (const session of data.all('checkout.session')) {
    const at = session.expires_at;
    if (session.status === 'open' && at <= until) {
      yield { at, happen: (context) => expireSession(context, context.find('checkout.session', session.id)) };
    }
  }
}

type Subscription = Parameters<typeof nextPeriodEnd>[0];

function subscriptionDue(subscription: Subscription): number {
  if (subscription.status === 'incomplete') return subscription.created + INCOMPLETE_SECONDS;
  if (subscription.status !== 'active' && subscription.status !== 'past_due') return Infinity;
  return Math.min(nextPeriodEnd(subscription), subscription.cancel_at ?? Infinity);
}

function passSubscription(context: Context, id: string): void {
  const subscription = context.find('subscription', id);
  if (subscription.status === 'incomplete') giveUpIncomplete(context, subscription);
  else if (nextPeriodEnd(subscription) <= context.now) passPeriodEnd(context, subscription);
  else endSubscription(context, subscription, context.now);
}
