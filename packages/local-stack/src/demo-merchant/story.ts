import { createHash } from 'node:crypto';
import Stripe from 'stripe';
import { z } from 'zod';
import { ApiRefusal, type ApiSession } from '../api-session.ts';
import { StackError } from '../processes.ts';
import {
  addOns,
  coupons,
  features,
  invoiceSettings,
  models,
  plans,
  proAtFirst,
  proDraft,
  proNow,
  regions,
} from './catalog.ts';
import { tellConsumerKeys } from './consumer-keys.ts';
import { createPacks, tellCredits } from './credits.ts';
import { customers, invoicedCustomers, type DemoCustomer, type Sale } from './customers.ts';
import { dateOfSale, monthsLater, type StripeTime } from './time.ts';
import { single, spread, usageSince, type DemoUsage } from './usage.ts';

const identified = z.looseObject({ id: z.string() });
const plan = z.looseObject({
  id: z.string(),
  prices: z.array(z.looseObject({ id: z.string(), type: z.string() })),
});
const subscription = z.looseObject({
  id: z.string(),
  stripe_subscription_id: z.string().nullable(),
  current_period_start: z.string().nullable(),
});
const runs = z.looseObject({ data: z.array(z.looseObject({ finished_at: z.string().nullable() })) });
const invoices = z.looseObject({ data: z.array(z.looseObject({ id: z.string(), status: z.string() })) });

/** Where the story is told: the merchant's environment, and the Stripe that it is connected to. */
export interface Stage {
  environment: ApiSession;
  time: StripeTime;
  stripeUrl: string;
  stripeAccount: string;
}

interface Chapter {
  at: Date;
  tell(): Promise<void>;
}

/**
 * Months in the life of the demo merchant, in order, with the emulator's time moved from one event to the next: sales,
 * renewals and departures are what they would have been. What is told of the present comes last.
 */
export async function tellStory(stage: Stage): Promise<void> {
  const { environment, time } = stage;
  await firstReconciliation(environment);
  for (const feature of features) await environment.post('/features', feature, keyFor('feature', feature));
  const catalog = new Map<string, z.output<typeof plan>>();
  for (const made of plans)
    catalog.set(made.key, plan.parse(await environment.post('/plans', made, keyFor('plan', made))));
  for (const addOn of addOns) await environment.post('/add-ons', addOn, keyFor('add-on', addOn));
  for (const coupon of coupons) await environment.post('/coupons', coupon, keyFor('coupon', coupon));
  await createPacks(environment);
  for (const { externalId, name, email } of [...customers, ...invoicedCustomers]) {
    const profile = { external_id: externalId, name, email };
    await environment.post('/customers', profile, keyFor('customer', profile));
  }
  await agreeOwnPrice(environment, catalog.get('enterprise'));

  const chapters = [...customers.flatMap((customer) => chaptersOf(stage, customer)), priceRise(stage)];
  for (const chapter of chapters.toSorted((left, right) => left.at.getTime() - right.at.getTime())) {
    await time.moveTo(chapter.at);
    await chapter.tell();
  }
  await time.moveTo(new Date());
  await tellThePresent(stage);
}

/**
 * Connecting Stripe begins a comparison with it. Over before there is anything, it does not take what is still on its way
 * to Stripe, or from there, for lost.
 */
async function firstReconciliation(environment: ApiSession): Promise<void> {
  await until('The first reconciliation did not end', async () => {
    const { data } = runs.parse(await environment.get('/reconciliation/runs'));
    return data.length > 0 && data.every(({ finished_at }) => finished_at !== null) ? true : undefined;
  });
}

/** Asks until there is an answer, for 20 s. */
async function until<T>(otherwise: string, ask: () => Promise<T | undefined>): Promise<T> {
  const giveUpAt = Date.now() + 20_000;
  while (Date.now() < giveUpAt) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new StackError(`${otherwise} within 20 s.`);
}

/** Pro became dearer three months ago; who had it kept the price they bought at. */
function priceRise({ environment }: Stage): Chapter {
  return {
    at: monthsLater(new Date(), -3),
    tell: async () => {
      await environment.put(`/plans/${proAtFirst.key}/draft`, proNow);
      await environment.post(`/plans/${proAtFirst.key}/publish`, {}, 'demo-publish-pro-2');
    },
  };
}

function chaptersOf(stage: Stage, customer: DemoCustomer): Chapter[] {
  const { sale, externalId } = customer;
  if (sale === undefined) return [];
  const at = dateOfSale(sale);
  const sold: { id?: string } = {};
  const chapters: Chapter[] = [
    {
      at,
      tell: async () => {
        const bought = await subscribed(stage.environment, wishOf(externalId, sale));
        if (bought === undefined) return;
        sold.id = bought.id;
        if (sale.cardFailsLater === true) await turnCard(stage, bought.stripe_subscription_id);
      },
    },
  ];
  if (sale.leftAfterMonths !== undefined) {
    chapters.push({
      at: new Date(monthsLater(at, sale.leftAfterMonths).getTime() - 3 * 24 * 60 * 60 * 1000),
      tell: async () => {
        const wish = { when: 'period_end', reason: 'too_expensive' };
        await stage.environment.post(`/subscriptions/${sold.id}/cancel`, wish, `demo-left-${externalId}`);
      },
    });
  }
  return chapters;
}

function wishOf(customer: string, sale: Sale): object {
  return {
    customer,
    plan: sale.plan,
    interval: sale.interval ?? 'month',
    ...(sale.quantity === undefined ? {} : { quantity: sale.quantity }),
    ...(sale.addOns === undefined ? {} : { add_ons: sale.addOns }),
    ...(sale.coupon === undefined ? {} : { coupon: sale.coupon }),
    ...(sale.plan === 'free' || sale.trial === true ? {} : { payment_method: sale.card ?? 'pm_card_visa' }),
    ...(sale.plan === 'team' ? { trial: sale.trial === true } : {}),
  };
}

/** Undefined when the bank declined: the customer stays, without a plan. */
async function subscribed(
  environment: ApiSession,
  wish: object,
): Promise<z.output<typeof subscription> | undefined> {
  try {
    return subscription.parse(await environment.post('/subscriptions', wish, keyFor('subscription', wish)));
  } catch (error) {
    if (error instanceof ApiRefusal && error.message.includes('"payment_failed"')) return undefined;
    throw error;
  }
}

/** Puts a card in place of the one that paid so far, as the customer could: it is declined from now on. */
async function turnCard({ stripeUrl, stripeAccount }: Stage, stripeId: string | null): Promise<void> {
  const { hostname, port } = new URL(stripeUrl);
  const stripe = new Stripe('sk_test_demo', { host: hostname, port: Number(port), protocol: 'http' });
  const onAccount = { stripeAccount };
  if (stripeId === null) throw new StackError('A demo subscription is not on Stripe.');
  const { customer } = await stripe.subscriptions.retrieve(stripeId, {}, onAccount);
  const id = typeof customer === 'string' ? customer : customer.id;
  const card = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: id }, onAccount);
  await stripe.customers.update(id, { invoice_settings: { default_payment_method: card.id } }, onAccount);
  await stripe.subscriptions.update(stripeId, { default_payment_method: card.id }, onAccount);
}

/** The largest customer pays less for each call than the price list says. */
async function agreeOwnPrice(
  environment: ApiSession,
  enterprise: z.output<typeof plan> | undefined,
): Promise<void> {
  const price = enterprise?.prices.find(({ type }) => type === 'volume');
  if (price === undefined) throw new StackError('The demo plan Enterprise has no volume price.');
  const own = {
    price: price.id,
    tiers: [
      { up_to: 1_000_000, unit_amount: '0.02' },
      { up_to: null, unit_amount: '0.015' },
    ],
  };
  await environment.post('/customers/vertex-maps/prices', own, 'demo-own-price');
}

async function tellThePresent({ environment }: Stage): Promise<void> {
  await billByBankTransfer(environment);
  for (const customer of customers) await useOf(environment, customer);
  await strayUsage(environment);
  await changes(environment);
  await tellCredits(environment);
  await tellConsumerKeys(environment);
  await environment.put(`/plans/${proAtFirst.key}/draft`, proDraft);
}

async function useOf(environment: ApiSession, { externalId, sale, ...used }: DemoCustomer): Promise<void> {
  const began = sale === undefined || sale.leftAfterMonths !== undefined ? undefined : periodStart(sale);
  if (began === undefined) return;
  const calls = usageSince(began, { customer: externalId, meter: 'api_calls', total: used.apiCalls });
  const summaries = usageSince(began, {
    customer: externalId,
    meter: 'ai_summaries',
    total: used.aiSummaries ?? 0,
  });
  await track(
    environment,
    [...spread(calls, 'region', regions), ...spread(single(summaries), 'model', models)],
    `use-${externalId}`,
  );
}

/** The period that runs now began then; of a yearly one, the month that has just gone by is told. */
function periodStart({ daysAgo }: Sale): Date {
  return new Date(Date.now() - daysAgo * 24 * 60 * 60 * 1000 + 60_000);
}

async function track(environment: ApiSession, events: DemoUsage[], name: string): Promise<void> {
  for (let from = 0; from < events.length; from += 1_000) {
    const batch = { events: events.slice(from, from + 1_000) };
    await environment.post('/usage/track', batch, `demo-${name}-${from}-${Date.now()}`);
  }
}

/** What an event debugger is for: some that came after their period, some that do not count, and a correction. */
async function strayUsage(environment: ApiSession): Promise<void> {
  const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60 * 1000).toISOString();
  const stray = (name: string, event: Partial<DemoUsage>): DemoUsage => ({
    idempotency_key: `demo-stray-${name}`,
    customer: 'atlas-robotics',
    meter: 'api_calls',
    value: 120,
    occurred_at: daysAgo(1),
    ...event,
  });
  await track(
    environment,
    [
      stray('late-1', { occurred_at: daysAgo(12), value: 310 }),
      stray('late-2', { occurred_at: daysAgo(11), value: 275 }),
      stray('old', { occurred_at: daysAgo(50) }),
      stray('ahead', { occurred_at: daysAgo(-1) }),
      stray('meter', { meter: 'api_cals' }),
    ],
    'stray',
  );
  await environment.post(
    '/usage/corrections',
    {
      idempotency_key: 'demo-correction',
      customer: 'birch-analytics',
      meter: 'api_calls',
      value: -1_800,
      reason: 'A retry loop on our side counted calls twice.',
    },
    'demo-correction-call',
  );
}

/** What operators did lately: a change that waits, seats that were added, money that went back, credit, a departure. */
async function changes(environment: ApiSession): Promise<void> {
  const running = async (customer: string) =>
    (await newest(environment, `/subscriptions?customer=${customer}`)).id;
  const change = async (customer: string, wish: object) =>
    environment.post(`/subscriptions/${await running(customer)}/change`, wish, `demo-change-${customer}`);
  await change('fernweh-travel', { plan: 'pro', interval: 'month', when: 'period_end' });
  await change('birch-analytics', { quantity: 8 });
  await environment.post(
    `/subscriptions/${await running('atlas-robotics')}/cancel`,
    { when: 'period_end', reason: 'missing_features', comment: 'We need data residency in the EU.' },
    'demo-cancel-atlas',
  );
  const paid = await newest(environment, '/invoices?customer=tidewater-bank&status=paid');
  await environment.post(
    `/invoices/${paid.id}/refund`,
    { amount: 1_500, reason: 'requested_by_customer' },
    'demo-refund',
  );
  await environment.post(
    '/customers/maple-health/balance',
    { amount: 2_500, currency: 'usd', description: 'For the outage of last week' },
    'demo-credit',
  );
}

async function newest(environment: ApiSession, list: string): Promise<{ id: string }> {
  const [found] = z.looseObject({ data: z.array(identified) }).parse(await environment.get(list)).data;
  if (found === undefined) throw new StackError(`The demo merchant has nothing under ${list}.`);
  return found;
}

/** Sold without Stripe: BillingOS writes the invoice when the period begins. */
async function billByBankTransfer(environment: ApiSession): Promise<void> {
  await environment.patch('/invoice-settings', invoiceSettings);
  for (const { externalId, apiCalls } of invoicedCustomers) {
    const wish = { customer: externalId, plan: 'pay-as-you-go-india', billing: 'manual' };
    await environment.post('/subscriptions', wish, keyFor('subscription', wish));
    const use = {
      idempotency_key: `demo-${externalId}`,
      customer: externalId,
      meter: 'api_calls',
      value: apiCalls,
    };
    await track(environment, [{ ...use, occurred_at: new Date().toISOString() }], `use-${externalId}`);
  }
  for (const { externalId } of invoicedCustomers.filter(({ hasPaid }) => hasPaid)) {
    const invoice = await issued(environment, externalId);
    const payment = { reference: 'Transfer 2207-118' };
    await environment.post(`/invoices/${invoice}/mark-paid`, payment, `demo-transfer-${externalId}`);
  }
}

/** The job that writes it takes a moment. */
async function issued(environment: ApiSession, customer: string): Promise<string> {
  return until(`The demo customer ${customer} was not invoiced`, async () => {
    const { data } = invoices.parse(await environment.get(`/invoices?customer=${customer}`));
    return data.find(({ status }) => status === 'open')?.id;
  });
}

/** The same for the same content, so that a repeated call changes nothing. */
function keyFor(kind: string, content: object): string {
  return `demo-${kind}-${createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32)}`;
}
