import type { Form } from '../http/form.ts';
import { idOrNull } from './listed.ts';
import type { Dataset } from './store.ts';

type Owned =
  | 'billing_portal.session'
  | 'charge'
  | 'checkout.session'
  | 'invoice'
  | 'payment_intent'
  | 'payment_method'
  | 'setup_intent'
  | 'subscription'
  | 'subscription_schedule';

/** The kinds that belong to a customer, by the prefix of their ids. */
const OWNED: Record<string, Owned> = {
  bps: 'billing_portal.session',
  ch: 'charge',
  cs: 'checkout.session',
  in: 'invoice',
  pi: 'payment_intent',
  pm: 'payment_method',
  seti: 'setup_intent',
  sub: 'subscription',
  sub_sched: 'subscription_schedule',
};

/**
 * The time of what a request is about: that of the test clock of the customer it names, directly or by
 * something that is the customer's, or of the clock it names; else `now`. Times in seconds.
 */
export function timeOf(data: Dataset, mentions: Iterable<string>, now: number): number {
  for (const id of mentions) {
    const clock = data.get('test_helpers.test_clock', clockOf(data, id) ?? '');
    if (clock !== undefined) return clock.frozen_time;
  }
  return now;
}

/** Every text in a request's parameters. */
export function* textsIn(form: Form): Generator<string> {
  if (typeof form === 'string') yield form;
  else for (const value of Object.values(form)) yield* textsIn(value);
}

/** The test clock of a customer, or null. */
export function clockOfCustomer(data: Dataset, customer: string | null): string | null {
  return customer === null ? null : idOrNull(data.get('customer', customer)?.test_clock);
}

function clockOf(data: Dataset, id: string): string | null {
  const prefix = id.startsWith('sub_sched_') ? 'sub_sched' : id.slice(0, id.indexOf('_'));
  if (prefix === 'clock') return id;
  if (prefix === 'cus') return clockOfCustomer(data, id);
  const kind = OWNED[prefix];
  const owner = kind === undefined ? undefined : data.get(kind, id)?.customer;
  return clockOfCustomer(data, idOrNull(owner));
}
