import type Stripe from 'stripe';
import { periodBoundary } from '../billing/periods.ts';
import { invalid } from '../http/errors.ts';
import { page, pageFields } from '../http/pagination.ts';
import {
  flag,
  list,
  mergedMetadata,
  metadata,
  oneOf,
  required,
  shape,
  text,
  whole,
  type Field,
  type Params,
} from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type { Event, Schedule, Subscription } from '../state/tables.ts';
import { updateSubscription } from './change-subscription.ts';
import { createSubscription } from './create-subscription.ts';
import { couponOf, discountsField, discountsOf } from './discounts.ts';
import { ratesOf, taxRatesField } from './tax-rates.ts';
import { endSubscription, saveSubscription } from './subscription-states.ts';

const URL = '/v1/subscription_schedules';
const moment: Field<number | 'now'> = {
  read: (form, name) => (form === 'now' ? 'now' : whole.read(form, name)),
};
/** What a subscription is for during a phase, as requests name it. */
export const phaseField = shape({
  billing_cycle_anchor: oneOf('automatic', 'phase_start'),
  default_payment_method: text,
  default_tax_rates: taxRatesField,
  description: text,
  discounts: discountsField,
  duration: shape({ interval: required(oneOf('day', 'month', 'week', 'year')), interval_count: whole }),
  end_date: whole,
  items: required(list(shape({ metadata, price: required(text), quantity: whole }))),
  metadata,
  proration_behavior: oneOf('none', 'create_prorations', 'always_invoice'),
  start_date: moment,
  trial: flag,
  trial_end: whole,
});
const createFields = {
  customer: text,
  end_behavior: oneOf('cancel', 'release'),
  from_subscription: text,
  metadata,
  phases: list(phaseField),
  start_date: moment,
};
const updateFields = {
  end_behavior: createFields.end_behavior,
  metadata,
  phases: createFields.phases,
  proration_behavior: oneOf('none', 'create_prorations', 'always_invoice'),
};
type SentPhase = NonNullable<Params<typeof createFields>['phases']>[number];
type Phase = Stripe.SubscriptionSchedule.Phase;
type ScheduleChange = Params<typeof updateFields>;

/** What a subscription is for, phase after phase. */
export const subscriptionScheduleRoutes = [
  route('POST', URL, createFields, (context, params) =>
    params.from_subscription === undefined
      ? createForCustomer(context, params)
      : createFrom(context, params.from_subscription, params),
  ),
  route('GET', URL, { ...pageFields, customer: text }, ({ data }, params) =>
    page(
      data.all('subscription_schedule'),
      params,
      URL,
      (schedule) => params.customer === undefined || schedule.customer === params.customer,
    ),
  ),
  route('GET', `${URL}/:id`, {}, (context, _params, { id }) => context.find('subscription_schedule', id)),
  route('POST', `${URL}/:id`, updateFields, (context, params, { id }) => updateSchedule(context, id, params)),
  route('POST', `${URL}/:id/release`, {}, (context, _params, { id }) =>
    release(context, running(context, id)),
  ),
  route('POST', `${URL}/:id/cancel`, {}, (context, _params, { id }) => {
    const before = running(context, id);
    const subscription = idOrNull(before.subscription);
    if (subscription !== null)
      endSubscription(context, context.find('subscription', subscription), context.now);
    return save(context, context.find('subscription_schedule', id), {
      status: 'canceled',
      canceled_at: context.now,
      current_phase: null,
    });
  }),
];

function running(context: Context, id: string): Schedule {
  const schedule = context.find('subscription_schedule', id);
  if (schedule.status !== 'active' && schedule.status !== 'not_started') {
    throw invalid(
      `You cannot update a subscription schedule that is currently in the \`${schedule.status}\` status.`,
      'id',
    );
  }
  return schedule;
}

/** Changes a schedule; a phase that runs changes its subscription at once. */
export function updateSchedule(context: Context, id: string, params: ScheduleChange): Schedule {
  const before = running(context, id);
  const first = before.phases[0]?.start_date ?? context.now;
  const phases = params.phases === undefined ? before.phases : phasesOf(context, params.phases, first);
  const after = save(context, before, {
    end_behavior: params.end_behavior ?? before.end_behavior,
    metadata: mergedMetadata(before.metadata, params.metadata),
    phases,
    current_phase: before.status === 'active' ? phaseAt(phases, context.now) : null,
  });
  const now = phases.find(({ start_date }) => start_date === after.current_phase?.start_date);
  if (now === undefined || after.subscription === null || params.phases === undefined) return after;
  const past = before.phases.find(({ start_date }) => start_date === before.current_phase?.start_date);
  const same = JSON.stringify(past?.discounts) === JSON.stringify(now.discounts);
  follow(
    context,
    idOf(after.subscription),
    { ...now, proration_behavior: params.proration_behavior ?? now.proration_behavior },
    { discounts: !same },
  );
  return context.find('subscription_schedule', id);
}

/** A schedule whose only phase is the current period of a subscription as it is. */
function createFrom(context: Context, id: string, params: Params<typeof createFields>): Schedule {
  const subscription = context.find('subscription', id, 'from_subscription');
  if (subscription.schedule !== null)
    throw invalid(
      'You cannot migrate a subscription that is already attached to a schedule.',
      'from_subscription',
    );
  if (params.phases !== undefined)
    throw invalid('You cannot set `phases` with `from_subscription`.', 'phases');
  const [first] = subscription.items.data;
  const phase = phaseOf(context, {
    start: first?.current_period_start ?? context.now,
    end: first?.current_period_end ?? context.now,
    sent: {
      items: subscription.items.data.map(({ price, quantity }) => ({ price: price.id, quantity })),
      default_tax_rates: subscription.default_tax_rates?.map(({ id }) => id),
      discounts: discountsOf(subscription).map((discount) => ({ discount })),
    },
  });
  const schedule = record(context, idOf(subscription.customer), params, [phase]);
  saveSubscription(context, subscription, { schedule: schedule.id });
  return save(context, schedule, {
    status: 'active',
    subscription: id,
    current_phase: phaseAt([phase], context.now),
  });
}

/** A schedule that makes its subscription when its first phase begins. */
export function createForCustomer(context: Context, params: Params<typeof createFields>): Schedule {
  const customer = context.find('customer', params.customer ?? '', 'customer').id;
  const start =
    params.start_date === 'now' || params.start_date === undefined ? context.now : params.start_date;
  const phases = phasesOf(context, params.phases ?? [], start);
  if (phases.length === 0) throw invalid('Missing required param: phases.', 'phases', 'parameter_missing');
  const schedule = record(context, customer, params, phases);
  return start <= context.now ? begin(context, schedule) : schedule;
}

function record(
  context: Context,
  customer: string,
  params: Params<typeof createFields>,
  phases: Phase[],
): Schedule {
  const schedule: Schedule = {
    id: newId('sub_sched'),
    object: 'subscription_schedule',
    application: null,
    billing_mode: { flexible: null, type: 'flexible' },
    canceled_at: null,
    completed_at: null,
    created: context.now,
    current_phase: null,
    customer,
    customer_account: null,
    default_settings: {
      application_fee_percent: null,
      automatic_tax: { disabled_reason: null, enabled: false, liability: null },
      billing_cycle_anchor: 'automatic',
      billing_thresholds: null,
      collection_method: 'charge_automatically',
      default_payment_method: null,
      description: null,
      invoice_settings: {
        account_tax_ids: null,
        custom_fields: null,
        days_until_due: null,
        description: null,
        footer: null,
        issuer: { type: 'self' },
      },
      on_behalf_of: null,
      transfer_data: null,
    },
    end_behavior: params.end_behavior ?? 'release',
    livemode: context.livemode,
    metadata: mergedMetadata(null, params.metadata),
    pause_schedules: [],
    phases,
    released_at: null,
    released_subscription: null,
    status: 'not_started',
    subscription: null,
    test_clock: context.find('customer', customer).test_clock ?? null,
  };
  context.data.put('subscription_schedule', schedule);
  context.emit('subscription_schedule.created', schedule);
  return schedule;
}

function phasesOf(context: Context, sent: SentPhase[], first: number): Phase[] {
  let start = first;
  return sent.map((phase) => {
    const begins = typeof phase.start_date === 'number' ? phase.start_date : start;
    if (begins < start) throw invalid('Phases must follow one another.', 'phases[0][start_date]');
    const end = phase.end_date ?? endOf(context, phase, begins);
    if (end <= begins) throw invalid('A phase must end after it starts.', 'phases[0][end_date]');
    start = end;
    return phaseOf(context, { start: begins, end, sent: phase });
  });
}

/** The end of a phase by its duration, or else by one period of its first price. */
function endOf(context: Context, { duration, items }: SentPhase, start: number): number {
  const price = context.find('price', items[0]?.price ?? '', 'phases[0][items][0][price]');
  const every = duration ?? price.recurring ?? { interval: 'month', interval_count: 1 };
  const { interval, interval_count } = every;
  return periodBoundary(start, { interval, interval_count: interval_count ?? 1 }, 1);
}

function phaseOf(
  context: Context,
  { start, end, sent }: { start: number; end: number; sent: SentPhase },
): Phase {
  const items = sent.items.map(({ price: id, quantity, metadata: words }) => {
    const price = context.find('price', id, 'phases[0][items][0][price]');
    return {
      billing_thresholds: null,
      discounts: [],
      metadata: mergedMetadata(null, words),
      plan: price.id,
      price: price.id,
      ...(price.recurring?.usage_type === 'metered' ? {} : { quantity: quantity ?? 1 }),
      tax_rates: [],
      currency: price.currency,
    };
  });
  return {
    add_invoice_items: [],
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: sent.billing_cycle_anchor ?? null,
    billing_thresholds: null,
    collection_method: null,
    currency: items[0]?.currency ?? 'usd',
    default_payment_method: sent.default_payment_method ?? null,
    default_tax_rates: ratesOf(context, sent.default_tax_rates, 'phases[0][default_tax_rates]'),
    description: sent.description ?? null,
    discounts: (sent.discounts ?? []).map(({ coupon, discount, promotion_code }) => ({
      coupon: coupon ?? null,
      discount: discount ?? null,
      promotion_code: promotion_code ?? null,
      settings: undefined,
    })),
    end_date: end,
    invoice_settings: null,
    items: items.map(({ currency: _currency, ...item }) => item),
    // An empty value stays: it takes its key from the subscription when the phase begins.
    metadata: sent.metadata === undefined || sent.metadata === '' ? {} : sent.metadata,
    on_behalf_of: null,
    proration_behavior: sent.proration_behavior ?? 'create_prorations',
    start_date: start,
    transfer_data: null,
    trial_end: sent.trial === true ? end : (sent.trial_end ?? null),
  };
}

function phaseAt(phases: Phase[], now: number): Schedule['current_phase'] {
  const phase = phases.find(({ start_date, end_date }) => start_date <= now && now < end_date);
  return phase === undefined ? null : { start_date: phase.start_date, end_date: phase.end_date };
}

/** When something happens to a schedule next, in seconds. */
export function scheduleDue(schedule: Schedule): number {
  if (schedule.status === 'not_started') return schedule.phases[0]?.start_date ?? Infinity;
  return schedule.status === 'active' ? (schedule.current_phase?.end_date ?? Infinity) : Infinity;
}

/** The schedule starts, goes to its next phase, or has no more of them. */
export function passPhase(context: Context, schedule: Schedule): void {
  if (schedule.status === 'not_started') {
    begin(context, schedule);
    return;
  }
  const subscription = idOrNull(schedule.subscription) ?? '';
  const next = schedule.phases.find(
    ({ start_date, end_date }) => start_date <= context.now && context.now < end_date,
  );
  if (next !== undefined) {
    save(context, schedule, { current_phase: phaseAt(schedule.phases, context.now) });
    follow(context, subscription, next, { discounts: true });
  } else if (schedule.end_behavior === 'cancel') {
    endSubscription(context, context.find('subscription', subscription), context.now);
    save(
      context,
      context.find('subscription_schedule', schedule.id),
      { status: 'completed', canceled_at: null, completed_at: context.now, current_phase: null },
      'subscription_schedule.completed',
    );
  } else release(context, schedule);
}

function begin(context: Context, schedule: Schedule): Schedule {
  const [first] = schedule.phases;
  const subscription = createSubscription(
    context,
    {
      customer: idOf(schedule.customer),
      default_payment_method: idOrNull(first?.default_payment_method) ?? undefined,
      default_tax_rates: first?.default_tax_rates?.map(({ id }) => id),
      discounts: first?.discounts.map(sentDiscount),
      items: (first?.items ?? []).map(({ metadata: words, price, quantity }) => ({
        metadata: words ?? undefined,
        price: idOf(price),
        quantity,
      })),
      metadata: first?.metadata ?? undefined,
      off_session: true,
      trial_end: first?.trial_end ?? undefined,
    },
    false,
  );
  saveSubscription(context, subscription, { schedule: schedule.id });
  return save(context, schedule, {
    status: 'active',
    subscription: subscription.id,
    current_phase: phaseAt(schedule.phases, context.now),
  });
}

/**
 * Gives a subscription what a phase has: its items (in order, the first of one replaces the first of the
 * other), its discounts, and its metadata on top of what is there.
 */
function follow(context: Context, id: string, phase: Phase, { discounts }: { discounts: boolean }): void {
  const subscription = context.find('subscription', id);
  const { items } = subscription;
  const wanted = phase.items.map((item, index) => ({
    id: items.data[index]?.id,
    price: idOf(item.price),
    quantity: item.quantity,
    metadata: item.metadata ?? undefined,
  }));
  const gone = items.data.slice(wanted.length).map((item) => ({ id: item.id, deleted: true }));
  const same =
    gone.length === 0 &&
    wanted.every(
      ({ metadata: words, price, quantity }, index) =>
        items.data[index]?.price.id === price &&
        items.data[index].quantity === quantity &&
        Object.keys(words ?? {}).length === 0,
    );
  const anchored = discounts && phase.billing_cycle_anchor === 'phase_start';
  const behaviors = ['none', 'create_prorations', 'always_invoice'] as const;
  updateSubscription(context, id, {
    ...(same && !anchored ? {} : { items: [...wanted, ...gone] }),
    ...(discounts ? { discounts: kept(context, subscription, phase) } : {}),
    ...(anchored ? { billing_cycle_anchor: { type: 'now' } } : {}),
    ...(phase.trial_end === null || phase.trial_end <= context.now ? {} : { trial_end: phase.trial_end }),
    default_payment_method: idOrNull(phase.default_payment_method) ?? undefined,
    default_tax_rates: phase.default_tax_rates?.map(({ id }) => id),
    metadata: phase.metadata ?? undefined,
    proration_behavior: behaviors.find((known) => known === phase.proration_behavior),
    off_session: true,
  });
}

/** The discounts of a phase; a coupon that the subscription has already is not redeemed once more. */
function kept(context: Context, subscription: Subscription, phase: Phase) {
  const held = discountsOf(subscription);
  return phase.discounts.map(sentDiscount).map((sent) => {
    const same = held.find((id) => sent.coupon !== undefined && couponOf(context, id).id === sent.coupon);
    return same === undefined ? sent : { discount: same };
  });
}

function sentDiscount({ coupon, discount, promotion_code }: Phase['discounts'][number]) {
  return {
    coupon: idOrNull(coupon) ?? undefined,
    discount: idOrNull(discount) ?? undefined,
    promotion_code: idOrNull(promotion_code) ?? undefined,
  };
}

/** The schedule lets its subscription go on by itself. */
function release(context: Context, schedule: Schedule): Schedule {
  const subscription = idOrNull(schedule.subscription);
  if (subscription !== null)
    saveSubscription(context, context.find('subscription', subscription), { schedule: null });
  return save(
    context,
    schedule,
    {
      status: 'released',
      current_phase: null,
      released_at: context.now,
      released_subscription: subscription,
      subscription: null,
    },
    'subscription_schedule.released',
  );
}

function save(
  context: Context,
  before: Schedule,
  changes: Partial<Schedule>,
  event?: Event['type'],
): Schedule {
  const after = { ...before, ...changes };
  context.data.put('subscription_schedule', after);
  context.emitUpdate('subscription_schedule.updated', before, after);
  if (event !== undefined) context.emit(event, after);
  return after;
}
