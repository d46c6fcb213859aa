import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf, idOf, monthlyPrice } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;

beforeAll(async () => {
  emulator = await startEmulator();
  const platform = clientOf(emulator);
  const account = await platform.accounts.create({
    type: 'standard',
    business_profile: { name: 'Acme & Sons' },
  });
  stripe = clientOf(emulator, { account: account.id });
});
afterAll(() => emulator.close());

async function open(
  params: Partial<Stripe.Checkout.SessionCreateParams> = {},
): Promise<Stripe.Checkout.Session> {
  const price = await monthlyPrice(stripe, 2900);
  return stripe.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: price.id, quantity: 2 }],
    success_url: 'https://shop.example/ok?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'https://shop.example/plans',
    ...params,
  });
}

/** Sends the card form of a page as a browser does, without following where it leads. */
function send(url: string | null, fields: Record<string, string>): Promise<Response> {
  const typed = { email: 'ada@example.com', name: 'Ada', card_expiry: '12 / 34', card_cvc: '123', ...fields };
  return fetch(url ?? '', { method: 'POST', body: new URLSearchParams(typed), redirect: 'manual' });
}

describe('the checkout page', () => {
  it('shows what is bought, from whom, and the way back', async () => {
    const session = await open();
    const html = await (await fetch(session.url ?? '')).text();

    expect(html).toContain('Subscribe to Acme &amp; Sons');
    expect(html).toContain('$58.00');
    expect(html).toContain('Plan at 2900');
    expect(html).toContain('href="https://shop.example/plans"');
    expect(html).toMatch(/<label for="card-number">Card number<\/label>\s*<input id="card-number"/);
  });

  it('subscribes a new customer with a good card and returns to the shop', async () => {
    const session = await open({
      subscription_data: { metadata: { ours: 'sub_7' } },
      client_reference_id: 'user_7',
    });
    const answer = await send(session.url, { card_number: '4242 4242 4242 4242' });

    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`https://shop.example/ok?session=${session.id}`);
    const complete = await stripe.checkout.sessions.retrieve(session.id, {
      expand: ['subscription', 'line_items', 'customer'],
    });
    expect(complete).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      client_reference_id: 'user_7',
      customer: { email: 'ada@example.com', name: 'Ada' },
      customer_details: { email: 'ada@example.com' },
      subscription: { status: 'active', metadata: { ours: 'sub_7' } },
      line_items: { data: [{ quantity: 2, amount_total: 5800 }] },
    });
    expect(
      (await stripe.events.list({ type: 'checkout.session.completed', limit: 1 })).data[0]?.data.object,
    ).toMatchObject({
      id: session.id,
    });
  });

  it('bills the customer of the session', async () => {
    const customer = await stripe.customers.create({ email: 'known@example.com' });
    const session = await open({ customer: customer.id });
    await send(session.url, { card_number: '5555555555554444', email: 'known@example.com' });

    expect((await stripe.subscriptions.list({ customer: customer.id })).data).toHaveLength(1);
    expect((await stripe.customers.listPaymentMethods(customer.id)).data[0]?.card).toMatchObject({
      brand: 'mastercard',
      last4: '4444',
    });
  });

  it.each([
    ['4000000000000002', 'Your card was declined.'],
    ['4000000000009995', 'Your card has insufficient funds.'],
    ['4000000000000069', 'Your card has expired.'],
    ['4000000000000127', 'Your card&#39;s security code is incorrect.'],
    ['4000000000000341', 'Your card was declined.'],
    ['4242424242424241', 'Your card number is incorrect.'],
    ['', 'Your card number is incorrect.'],
  ])('says why card %s is refused, keeps what was typed and sells nothing', async (number, message) => {
    const session = await open();
    const answer = await send(session.url, { card_number: number });
    const html = await answer.text();

    expect(answer.status).toBe(402);
    expect(html).toContain(`role="alert">${message}`);
    expect(html).toContain('value="ada@example.com"');
    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
      status: 'open',
      subscription: null,
    });
    expect((await send(session.url, { card_number: '4242424242424242' })).status).toBe(303);
  });

  it('refuses an expired date and a malformed security code', async () => {
    const session = await open();
    const alert = async (fields: Record<string, string>) =>
      /role="alert">([^<]*)/.exec(
        await (await send(session.url, { card_number: '4242424242424242', ...fields })).text(),
      )?.[1];

    expect(await alert({ card_expiry: '01/20' })).toContain('expiration year is invalid');
    expect(await alert({ card_expiry: '13/34' })).toContain('expiration month is invalid');
    expect(await alert({ card_cvc: 'x' })).toContain('security code is invalid');
  });

  it('asks the holder where the bank wants it, and lets them fail and pass', async () => {
    const session = await open();
    const asked = await send(session.url, { card_number: '4000002760003184' });
    const bank = asked.headers.get('location') ?? '';
    expect(await (await fetch(bank)).text()).toContain('Complete authentication');

    const failed = await send(bank, { outcome: 'fail' });
    expect(failed.status).toBe(402);
    expect(await failed.text()).toContain('unable to authenticate');

    const again = await send(session.url, { card_number: '4000002760003184' });
    const passed = await send(again.headers.get('location'), { outcome: 'complete' });
    expect(passed.status).toBe(303);
    expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('complete');
  });

  it('cannot be paid twice, nor after it expired', async () => {
    const paid = await open();
    await send(paid.url, { card_number: '4242424242424242' });
    const expired = await open();
    await stripe.checkout.sessions.expire(expired.id);

    expect(await (await send(paid.url, { card_number: '4242424242424242' })).text()).toContain(
      'completed already',
    );
    expect((await send(expired.url, { card_number: '4242424242424242' })).status).toBe(410);
    expect((await stripe.checkout.sessions.listLineItems(paid.id)).data).toHaveLength(1);
  });

  it('asks for no card where nothing is due and the shop said not to', async () => {
    const free = await monthlyPrice(stripe, 0);
    const session = await open({
      line_items: [{ price: free.id, quantity: 1 }],
      payment_method_collection: 'if_required',
    });
    expect(await (await fetch(session.url ?? '')).text()).not.toContain('Card number');
    await send(session.url, {});

    expect(await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription'] })).toMatchObject({
      status: 'complete',
      payment_status: 'no_payment_required',
      subscription: { status: 'active', default_payment_method: null },
    });
  });

  it('starts a trial without a charge, and takes the card for later', async () => {
    const session = await open({
      subscription_data: {
        trial_period_days: 14,
        trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
      },
    });
    expect(session.amount_total).toBe(0);
    await send(session.url, { card_number: '4242 4242 4242 4242' });

    expect(await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription'] })).toMatchObject({
      status: 'complete',
      payment_status: 'no_payment_required',
      subscription: {
        status: 'trialing',
        default_payment_method: expect.stringMatching(/^pm_/),
        trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
      },
    });
  });

  it('takes the discount of the session off', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 25, duration: 'once' });
    const session = await open({ discounts: [{ coupon: coupon.id }] });
    expect(session).toMatchObject({
      amount_subtotal: 5800,
      amount_total: 4350,
      total_details: { amount_discount: 1450 },
    });
    await send(session.url, { card_number: '4242 4242 4242 4242' });

    expect(await stripe.checkout.sessions.retrieve(session.id, { expand: ['invoice'] })).toMatchObject({
      invoice: { amount_paid: 4350 },
    });
  });

  it('takes a one-time payment', async () => {
    const session = await open({
      mode: 'payment',
      line_items: [
        {
          price_data: { currency: 'eur', unit_amount: 1250, product_data: { name: 'Credits' } },
          quantity: 1,
        },
      ],
      payment_intent_data: { metadata: { ours: 'pay_1' } },
    });
    await send(session.url, { card_number: '4242424242424242' });

    expect(await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent'] })).toMatchObject(
      {
        payment_status: 'paid',
        amount_total: 1250,
        payment_intent: {
          status: 'succeeded',
          amount_received: 1250,
          currency: 'eur',
          metadata: { ours: 'pay_1' },
        },
      },
    );
  });

  it('saves a card in setup mode', async () => {
    const customer = await stripe.customers.create({});
    const session = await open({ mode: 'setup', customer: customer.id, line_items: [], currency: 'usd' });
    await send(session.url, { card_number: '4242424242424242' });

    expect(await stripe.checkout.sessions.retrieve(session.id, { expand: ['setup_intent'] })).toMatchObject({
      status: 'complete',
      setup_intent: { status: 'succeeded', customer: customer.id },
    });
    expect((await stripe.customers.listPaymentMethods(customer.id)).data).toHaveLength(1);
  });

  it('takes a promotion code where the shop allows it, for the products of its coupon only', async () => {
    const [counted, other] = [await monthlyPrice(stripe, 2000), await monthlyPrice(stripe, 1000)];
    const half = await stripe.coupons.create({
      percent_off: 50,
      duration: 'once',
      applies_to: { products: [idOf(counted.product)] },
    });
    await stripe.promotionCodes.create({ code: 'SPRING', promotion: { type: 'coupon', coupon: half.id } });
    const line_items = [counted, other].map(({ id }) => ({ price: id, quantity: 1 }));
    const session = await open({ line_items, allow_promotion_codes: true });
    const card = { card_number: '4242 4242 4242 4242' };
    expect((await send(session.url, { ...card, promotion_code: 'AUTUMN' })).status).toBe(400);
    expect((await send(session.url, { ...card, promotion_code: 'spring' })).status).toBe(303);

    const complete = await stripe.checkout.sessions.retrieve(session.id, { expand: ['invoice'] });
    // Half of 20.00, and 10.00.
    expect(complete).toMatchObject({
      amount_total: 2000,
      total_details: { amount_discount: 1000 },
      invoice: { total: 2000, status: 'paid' },
    });
    const closed = await open();
    expect((await send(closed.url, { ...card, promotion_code: 'SPRING' })).status).toBe(400);
  });
});
