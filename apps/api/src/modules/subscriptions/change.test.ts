import { describe, expect, it } from 'vitest';
import { changeOf, type CurrentItem, itemSteps, type PlannedItem, withKeptPrices } from './change.ts';
import type { OfferedPrice } from './offer.ts';

const price = (id: string, own: Partial<OfferedPrice> = {}): OfferedPrice => ({
  id,
  type: 'flat',
  feature: null,
  currency: 'usd',
  interval: 'month',
  interval_count: 1,
  ...own,
});
const item = (
  id: string,
  own: Partial<PlannedItem> = {},
  priceOwn: Partial<OfferedPrice> = {},
): PlannedItem => ({
  price: price(id, priceOwn),
  quantity: 1,
  plan: 'starter',
  plan_type: 'base',
  plan_version_id: 'v1',
  ...own,
});
const current = (planned: PlannedItem): CurrentItem => ({
  ...planned,
  stripe_subscription_item_id: `si_${planned.price.id}`,
});
const starter = { id: 'starter', rank: 1 };
const pro = { id: 'pro', rank: 2 };

describe('the steps of a change', () => {
  it('keep one item for what a price is for, add what is new, take away what is gone', () => {
    const before = [
      item('starter_flat'),
      item('starter_calls', { quantity: null }, { type: 'per_unit', feature: 'calls' }),
      item('extra', { plan: 'extra', plan_type: 'add_on' }),
    ].map(current);
    const after = [
      item('pro_flat', { plan: 'pro' }),
      item('pro_seats', { plan: 'pro', quantity: 4 }, { type: 'per_seat' }),
      item('pro_calls', { plan: 'pro', quantity: null }, { type: 'per_unit', feature: 'calls' }),
    ];

    const steps = itemSteps(before, after);

    expect(
      steps.map(({ stripe_subscription_item_id: id, price: to, quantity }) => [id, to?.id ?? null, quantity]),
    ).toEqual([
      ['si_starter_flat', 'pro_flat', 1],
      [null, 'pro_seats', 4],
      ['si_starter_calls', 'pro_calls', null],
      ['si_extra', null, null],
    ]);
  });
});

describe('who changes only the quantity', () => {
  it('keeps the price they bought at, in the same version, currency and interval', () => {
    const bought = current(item('bought'));

    expect(withKeptPrices([bought], [item('listed', { quantity: 5 })])[0]).toMatchObject({
      price: { id: 'bought' },
      quantity: 5,
    });
    expect(withKeptPrices([bought], [item('listed', { plan_version_id: 'v2' })])[0]).toMatchObject({
      price: { id: 'listed' },
    });
    expect(withKeptPrices([bought], [item('listed', {}, { interval: 'year' })])[0]).toMatchObject({
      price: { id: 'listed' },
    });
  });
});

describe('a change', () => {
  const on = (plan: typeof starter, ...items: PlannedItem[]) => ({ plan, items });

  it('to a higher rank is an upgrade and happens now', () => {
    const change = changeOf(on(starter, item('a')), on(pro, item('b', { plan: 'pro' })));

    expect(change).toEqual({ kind: 'upgrade', when: 'now' });
  });

  it('to a lower rank is a downgrade at the end of the period, whatever the interval', () => {
    const yearly = item('b', {}, { interval: 'year' });

    expect(changeOf(on(pro, item('a')), on(starter, yearly))).toEqual({
      kind: 'downgrade',
      when: 'period_end',
    });
  });

  it('of the interval begins a new period now', () => {
    const change = changeOf(on(pro, item('a')), on(pro, item('b', {}, { interval: 'year' })));

    expect(change).toEqual({ kind: 'interval', when: 'now' });
  });

  it('to more seats happens now, to fewer at the end of the period', () => {
    const seats = (quantity: number) => item('seats', { quantity }, { type: 'per_seat' });

    expect(changeOf(on(pro, seats(3)), on(pro, seats(5)))).toEqual({ kind: 'quantity', when: 'now' });
    expect(changeOf(on(pro, seats(5)), on(pro, seats(3)))).toEqual({ kind: 'quantity', when: 'period_end' });
  });

  it('that adds an add-on happens now, one that only takes away at the end of the period', () => {
    const extra = item('extra', { plan: 'extra', plan_type: 'add_on' });

    expect(changeOf(on(pro, item('a')), on(pro, item('a'), extra))).toEqual({ kind: 'add_ons', when: 'now' });
    expect(changeOf(on(pro, item('a'), extra), on(pro, item('a')))).toEqual({
      kind: 'add_ons',
      when: 'period_end',
    });
  });

  it('to other prices of the same plan is one of version, at the end of the period', () => {
    expect(changeOf(on(pro, item('old')), on(pro, item('new')))).toEqual({
      kind: 'version',
      when: 'period_end',
    });
  });

  it('of nothing that is sold is one of the discount', () => {
    expect(changeOf(on(pro, item('a')), on(pro, item('a')))).toEqual({ kind: 'discount', when: 'now' });
  });
});
