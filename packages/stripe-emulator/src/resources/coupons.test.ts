import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { advanceTo, clientOf, customerOnClock, idOf, monthlyPrice } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;
let basic: Stripe.Price;
let pro: Stripe.Price;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
  basic = await monthlyPrice(stripe, 1000);
  pro = await monthlyPrice(stripe, 2000);
});
afterAll(() => emulator.close());

async function subscribe(discount: Stripe.SubscriptionCreateParams.Discount) {
  const { customer, clock } = await customerOnClock(stripe, '2027-04-01');
  const subscription = await stripe.subscriptions.create({
    customer,
    items: [{ price: basic.id }],
    discounts: [discount],
  });
  return { customer, clock, subscription, id: subscription.id };
}

const totals = async (subscription: string) =>
  (await stripe.invoices.list({ subscription, limit: 100 })).data.map(({ total }) => total).reverse();

describe('a coupon', () => {
  it.each<[string, Stripe.CouponCreateParams, number[]]>([
    ['once', { percent_off: 20, duration: 'once' }, [800, 1000, 1000, 1000]],
    [
      'for two months',
      { percent_off: 25.5, duration: 'repeating', duration_in_months: 2 },
      [745, 745, 1000, 1000],
    ],
    ['for ever', { amount_off: 300, currency: 'usd', duration: 'forever' }, [700, 700, 700, 700]],
    [
      'in another currency does nothing',
      { amount_off: 300, currency: 'eur', duration: 'forever' },
      [1000, 1000, 1000, 1000],
    ],
  ])('%s lowers the invoices it lasts for', async (_name, params, expected) => {
    const coupon = await stripe.coupons.create(params);
    const { id, clock } = await subscribe({ coupon: coupon.id });
    await advanceTo(stripe, clock, '2027-07-02');

    expect(await totals(id)).toEqual(expected);
  });

  it('shows what it took on the invoice and its lines', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'once' });
    const { subscription, id } = await subscribe({ coupon: coupon.id });
    const invoice = await stripe.invoices.retrieve(idOf(subscription.latest_invoice), {
      expand: ['discounts'],
    });

    expect(invoice).toMatchObject({
      subtotal: 1000,
      total: 900,
      amount_paid: 900,
      total_discount_amounts: [{ amount: 100 }],
      discounts: [{ object: 'discount', source: { coupon: coupon.id } }],
    });
    expect(invoice.lines.data[0]?.discount_amounts).toMatchObject([{ amount: 100 }]);
    expect((await stripe.subscriptions.retrieve(id)).discounts).toEqual([]);
  });

  it('is redeemed as often as it may be', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'once', max_redemptions: 1 });
    await subscribe({ coupon: coupon.id });

    expect(await stripe.coupons.retrieve(coupon.id)).toMatchObject({ times_redeemed: 1, valid: false });
    await expect(subscribe({ coupon: coupon.id })).rejects.toMatchObject({ code: 'coupon_expired' });
  });

  it('lowers what is credited and charged by an upgrade', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 20, duration: 'forever' });
    const { subscription, clock, id } = await subscribe({ coupon: coupon.id });
    await advanceTo(stripe, clock, '2027-04-16');
    const items = [{ id: subscription.items.data[0]?.id ?? '', price: pro.id }];
    const preview = await stripe.invoices.createPreview({
      subscription: id,
      subscription_details: { items, proration_behavior: 'always_invoice' },
    });
    const changed = await stripe.subscriptions.update(id, {
      items,
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice'],
    });

    // Half of 8.00 back, half of 16.00 to pay.
    expect(preview.lines.data.map(({ amount }) => amount)).toEqual([-400, 800]);
    expect(changed.latest_invoice).toMatchObject({ amount_paid: 400 });
  });

  it('that was deleted goes on for whoever redeemed it', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
    const { id, clock } = await subscribe({ coupon: coupon.id });
    await stripe.coupons.del(coupon.id);
    await advanceTo(stripe, clock, '2027-05-02');

    expect(await totals(id)).toEqual([500, 500]);
    await expect(subscribe({ coupon: coupon.id })).rejects.toMatchObject({ code: 'resource_missing' });
  });

  it('can be given to a running subscription, and taken away', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
    const { customer, clock } = await customerOnClock(stripe, '2027-04-01');
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price: basic.id }] });
    await stripe.subscriptions.update(id, { discounts: [{ coupon: coupon.id }] });
    await advanceTo(stripe, clock, '2027-05-02');
    await stripe.subscriptions.deleteDiscount(id);
    await advanceTo(stripe, clock, '2027-06-02');

    expect(await totals(id)).toEqual([1000, 500, 1000]);
  });

  it.each<[Stripe.CouponCreateParams, string]>([
    [{ duration: 'once' }, 'percent_off'],
    [{ percent_off: 10, duration: 'repeating' }, 'duration_in_months'],
    [{ amount_off: 10, duration: 'once' }, 'currency'],
  ])('with %o is refused for its %s', async (params, param) => {
    await expect(stripe.coupons.create(params)).rejects.toMatchObject({ statusCode: 400, param });
  });
});

describe('a promotion code', () => {
  it('is found by its text, redeems its coupon, and is counted', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 30, duration: 'once' });
    const code = await stripe.promotionCodes.create({
      promotion: { type: 'coupon', coupon: coupon.id },
      code: 'SPRING30',
      max_redemptions: 1,
    });
    const [found] = (await stripe.promotionCodes.list({ code: 'spring30', active: true })).data;
    expect(found?.id).toBe(code.id);
    const { id } = await subscribe({ promotion_code: code.id });

    expect(await totals(id)).toEqual([700]);
    await expect(subscribe({ promotion_code: code.id })).rejects.toMatchObject({ statusCode: 400 });
  });

  it('for a first purchase is refused to those who paid before', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 30, duration: 'once' });
    const code = await stripe.promotionCodes.create({
      promotion: { type: 'coupon', coupon: coupon.id },
      restrictions: { first_time_transaction: true },
    });
    const { customer, id } = await subscribe({ promotion_code: code.id });
    expect(await totals(id)).toEqual([700]);

    await expect(
      stripe.subscriptions.create({
        customer,
        items: [{ price: basic.id }],
        discounts: [{ promotion_code: code.id }],
      }),
    ).rejects.toMatchObject({ statusCode: 400 });
  });
});
