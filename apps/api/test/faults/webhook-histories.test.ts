import fc from 'fast-check';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TakeOverInvoice } from '../../src/modules/invoices/take-over-invoice.ts';
import type { Tenant } from '../fixtures/api.ts';
import { faultRounds } from '../fixtures/fault-rounds.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';
import { forgetTakenOver, takenOver } from '../fixtures/taken-over.ts';
import { processEvent, receiveEvent } from '../fixtures/webhook-inbox.ts';

// INV-23. A customer's year on Stripe is recorded: every event, and how everything stood after each step. Then the year
// is told anew: events arrive in any order, more than once, most of them never; each is answered with how things stood
// at some moment after it happened, and some answers come only at the very end, when they are long out of date. At last
// something is heard once of each object, as a reconciliation would ask. What we hold then must be what we hold after
// hearing everything in order.

const permutations = faultRounds * 100;

let stack: TestStack;
let tenant: Tenant;
let stripe: Stripe;
let options: { stripeAccount: string };

/** Something that was recorded: whom it tells to ask about, and since when that is possible. */
interface Heard {
  event: Stripe.Event;
  id: string;
  moment: number;
}
const history: Heard[] = [];
/** By object: the events about it that have a handler. */
let handled: Heard[][] = [];
let lastMoment = 0;
let inOrder: Awaited<ReturnType<typeof takenOver>>;
let stripeCustomer = '';

beforeAll(async () => {
  const start = new Date('2027-01-01T00:00:00Z');
  stack = await startStack({ webhooks: false, worker: false, startsAt: start });
  tenant = await stack.newConnectedTenant();
  await liveAYear(start);
  await forgetTakenOver(stack.database.owner, tenant.environment_id);
  for (const { id } of history) {
    await processEvent(stack, tenant, id);
  }
  inOrder = await takenOver(stack.database.owner, tenant.environment_id);
  const { rows } = await stack.database.owner.query<{ id: string }>(
    `select id from webhook_events where environment_id = $1 and state = 'processed'`,
    [tenant.environment_id],
  );
  const processed = new Set(rows.map(({ id }) => id));
  const byObject = Map.groupBy(
    history.filter(({ id }) => processed.has(id)),
    ({ event: { data } }) => ('id' in data.object ? String(data.object.id) : data.object.object),
  );
  handled = [...byObject.values()];
}, 240_000);
afterAll(() => stack.close());

/** Four months of one customer, by Stripe's own hand, remembered after each step. */
async function liveAYear(start: Date): Promise<void> {
  const { asServer, environment_id: environmentId } = tenant;
  await asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  const plan = (key: string, amount: number) =>
    asServer('POST', 'plans', {
      key,
      name: key,
      prices: [{ amount, currency: 'usd', interval: 'month' }],
      features: [{ feature: 'exports' }],
    });
  const [starter, pro] = [await plan('starter', 3_000), await plan('pro', 9_000)];
  // A first sale of each puts it on Stripe.
  for (const key of ['starter', 'pro']) {
    await asServer('POST', 'customers', { external_id: `first_${key}` });
    const sale = { customer: `first_${key}`, plan: key, payment_method: 'pm_card_visa' };
    expect((await asServer('POST', 'subscriptions', sale)).status).toBe(201);
  }
  const account = await stack.stripeOf(tenant);
  stripe = account.stripe;
  options = { stripeAccount: account.account };
  for (const { id } of (await stripe.subscriptions.list({}, options)).data) {
    await stripe.subscriptions.cancel(id, {}, options);
  }
  const prices = (await stripe.prices.list({}, options)).data;
  const priceOf = (amount: number) => prices.find(({ unit_amount }) => unit_amount === amount)?.id ?? '';
  const { rows } = await stack.database.owner.query(
    'select id from webhook_events where environment_id = $1',
    [environmentId],
  );
  expect(rows).toEqual([]);
  const before = (await stripe.events.list({ limit: 1 }, options)).data[0]?.id;

  const customer = await stripe.customers.create({}, options);
  stripeCustomer = customer.id;
  const ours = await asServer('POST', 'customers', { external_id: 'user_1' });
  await stack.database.owner.query('update customers set stripe_customer_id = $1 where id = $2', [
    customer.id,
    ours.body['id'],
  ]);
  let last = before;
  const remember = async (): Promise<void> => {
    lastMoment = stack.emulator.remember();
    const events: Stripe.Event[] = [];
    for await (const event of stripe.events.list(
      { limit: 100, ...(last === undefined ? {} : { ending_before: last }) },
      options,
    )) {
      events.push(event);
    }
    for (const event of events.toSorted((a, b) => a.created - b.created)) {
      history.push({ event, id: await receiveEvent(stack, event), moment: lastMoment });
    }
    last = (await stripe.events.list({ limit: 1 }, options)).data[0]?.id ?? last;
  };
  const useCard = async (token: string): Promise<void> => {
    const card = await stripe.paymentMethods.attach(token, { customer: customer.id }, options);
    await stripe.customers.update(
      customer.id,
      { invoice_settings: { default_payment_method: card.id } },
      options,
    );
  };
  const month = async (number: number): Promise<void> => {
    const time = new Date(start);
    time.setUTCMonth(number, 1);
    time.setUTCHours(2);
    stack.emulator.advanceTo(time.getTime() / 1_000);
    stack.setTime(time);
    await remember();
  };
  const lastInvoice = async (): Promise<Stripe.Invoice> => {
    const [invoice] = (
      await stripe.invoices.list({ customer: customer.id, limit: 1, expand: ['data.payments'] }, options)
    ).data;
    if (invoice === undefined) {
      throw new Error('There is no invoice.');
    }
    return invoice;
  };

  await useCard('pm_card_visa');
  const subscription = await stripe.subscriptions.create(
    {
      customer: customer.id,
      items: [{ price: priceOf(3_000) }],
      metadata: { bos_plan_version_id: starter.body['version'].id },
    },
    options,
  );
  await remember();
  // Up to pro at once, and down again when the period ends.
  await stripe.subscriptions.update(
    subscription.id,
    {
      items: [{ id: subscription.items.data[0]?.id ?? '', price: priceOf(9_000) }],
      metadata: { bos_plan_version_id: pro.body['version'].id },
      proration_behavior: 'always_invoice',
    },
    options,
  );
  await remember();
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id }, options);
  const [current] = schedule.phases;
  await stripe.subscriptionSchedules.update(
    schedule.id,
    {
      phases: [
        {
          items: [{ price: priceOf(9_000), quantity: 1 }],
          start_date: current?.start_date ?? 0,
          end_date: current?.end_date ?? 0,
        },
        {
          items: [{ price: priceOf(3_000), quantity: 1 }],
          metadata: { bos_plan_version_id: starter.body['version'].id },
          proration_behavior: 'none',
        },
      ],
    },
    options,
  );
  await remember();
  await month(1);
  await stripe.refunds.create({ payment_intent: intentOf(await lastInvoice()), amount: 1_000 }, options);
  await remember();
  // A renewal fails and is paid late, by a card whose holder then disputes it, in vain.
  await useCard('pm_card_chargeCustomerFail');
  await month(2);
  await useCard('pm_card_createDispute');
  await stripe.invoices.pay((await lastInvoice()).id ?? '', {}, options);
  await remember();
  const [dispute] = (await stripe.disputes.list({}, options)).data;
  await stripe.disputes.update(
    dispute?.id ?? '',
    { evidence: { uncategorized_text: 'winning_evidence' } },
    options,
  );
  await useCard('pm_card_visa');
  await remember();
  await month(3);
  await stripe.creditNotes.create(
    { invoice: (await lastInvoice()).id ?? '', amount: 500, credit_amount: 500 },
    options,
  );
  await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true }, options);
  await remember();
  await month(4);
  await stripe.subscriptions.create(
    {
      customer: customer.id,
      items: [{ price: priceOf(9_000) }],
      metadata: { bos_plan_version_id: pro.body['version'].id },
    },
    options,
  );
  await remember();
}

function intentOf(invoice: Stripe.Invoice): string {
  const intent = invoice.payments?.data[0]?.payment.payment_intent;
  return typeof intent === 'string' ? intent : '';
}

/** One telling of the year. Fractions in [0, 1) choose among what there is. */
interface Telling {
  /** What is heard meanwhile: which event, when after it happened, and whether its answer comes at the very end. */
  meanwhile: { event: number; when: number; slowly: boolean }[];
  /** Which event of each object is heard at last. */
  last: number[];
  /** In which order the last ones, and then the late answers, come. */
  order: number[];
}

const fraction = fc.nat(9_999).map((whole) => whole / 10_000);

function tellings(): fc.Arbitrary<Telling> {
  return fc.record({
    meanwhile: fc.array(fc.record({ event: fraction, when: fraction, slowly: fc.boolean() }), {
      minLength: 2,
      maxLength: 8,
    }),
    last: fc.array(fraction, { minLength: handled.length, maxLength: handled.length }),
    order: fc.array(fraction, { minLength: 60, maxLength: 60 }),
  });
}

async function tell({ meanwhile, last, order }: Telling): Promise<unknown> {
  const { owner } = stack.database;
  await forgetTakenOver(owner, tenant.environment_id);
  await owner.query(`update webhook_events set state = 'received' where environment_id = $1`, [
    tenant.environment_id,
  ]);
  const heard = meanwhile
    .map(({ event, when, slowly }) => {
      const { id, moment } = history[Math.floor(event * history.length)] ?? never();
      return { id, slowly, moment: moment + Math.floor(when * (lastMoment - moment + 1)) };
    })
    .toSorted((a, b) => a.moment - b.moment);
  const held: { release: () => void; done: Promise<void> }[] = [];
  for (const { id, slowly, moment } of heard) {
    stack.emulator.recall(moment);
    if (slowly) {
      const hold = stack.emulator.hold({ method: 'GET', path: '/v1/*' });
      const done = processEvent(stack, tenant, id);
      const isHeld = await Promise.race([hold.caught.then(() => true), done.then(() => false)]);
      if (!isHeld) hold.release();
      held.push({ release: () => hold.release(), done });
    } else {
      await processEvent(stack, tenant, id);
    }
  }
  stack.emulator.recall(null);
  const atLast = handled.map((events, at) => events[Math.floor((last[at] ?? 0) * events.length)] ?? never());
  for (const { id } of shuffled(atLast, order)) {
    await owner.query(`update webhook_events set state = 'received' where id = $1`, [id]);
    await processEvent(stack, tenant, id);
  }
  for (const late of shuffled(held, order)) {
    late.release();
    await late.done;
  }
  return takenOver(owner, tenant.environment_id);
}

function shuffled<T>(items: T[], order: number[]): T[] {
  return items
    .map((item, at) => ({ item, rank: order[at % order.length] ?? 0 }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

function never(): never {
  throw new Error('There is no such event.');
}

describe('a customer’s year', () => {
  it('is recorded with everything that can happen to a subscription and its invoices', () => {
    const types = new Set(history.map(({ event }) => event.type));
    for (const type of [
      'customer.subscription.created',
      'customer.subscription.deleted',
      'invoice.payment_failed',
      'invoice.paid',
      'payment_intent.payment_failed',
      'charge.refunded',
      'charge.dispute.created',
      'charge.dispute.closed',
      'credit_note.created',
      'subscription_schedule.updated',
    ]) {
      expect(types).toContain(type);
    }
    expect(handled.length).toBeGreaterThan(5);
  });

  it('is taken over as Stripe has it, heard in order', async () => {
    const invoices = await stripe.invoices.list({ customer: stripeCustomer, limit: 100 }, options);
    const subscriptions = await stripe.subscriptions.list(
      { customer: stripeCustomer, status: 'all' },
      options,
    );
    const byId = <T extends { id?: unknown }>(rows: T[]): T[] =>
      rows.toSorted((a, b) => String(a.id).localeCompare(String(b.id)));

    const standing = (table: 'invoice' | 'subscription') =>
      (inOrder[`${table}s`] ?? []).map((row) => ({ id: row[`stripe_${table}_id`], status: row['status'] }));

    expect(byId(standing('invoice'))).toEqual(byId(invoices.data.map(({ id, status }) => ({ id, status }))));
    expect(byId(standing('subscription'))).toEqual(
      byId(subscriptions.data.map(({ id, status }) => ({ id, status }))),
    );
  });

  it(`ends in the same state, told in ${permutations} ways`, async () => {
    await fc.assert(
      fc.asyncProperty(tellings(), async (telling) => {
        expect(await tell(telling)).toEqual(inOrder);
      }),
      { numRuns: permutations, endOnFailure: true },
    );
  }, 7_200_000);

  it('would not, if a late answer about an invoice were written without a look at what came before it', async () => {
    const takeOver = stack.app.get(TakeOverInvoice);
    const guarded = takeOver.takeState.bind(takeOver);
    // Whatever is written now counts as read: the guard is gone.
    takeOver.takeState = async (environmentId, connection, state, { noted }) => {
      const { rows } = await stack.database.owner.query<{ stripe_sequence: number }>(
        'select stripe_sequence from invoices where stripe_invoice_id = $1',
        [state.stripe_invoice_id],
      );
      const sequence = Number(rows[0]?.stripe_sequence ?? 0);
      return guarded(environmentId, connection, state, {
        sequence,
        ...(noted === undefined ? {} : { noted }),
      });
    };
    const { failed } = await fc.check(
      fc.asyncProperty(tellings(), async (telling) => {
        expect(await tell(telling)).toEqual(inOrder);
      }),
      { numRuns: 100, endOnFailure: true },
    );
    takeOver.takeState = guarded;

    expect(failed).toBe(true);
  }, 240_000);
});
