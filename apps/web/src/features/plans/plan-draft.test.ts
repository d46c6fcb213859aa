import { expect, test } from 'vitest';
import type { Feature } from '../../api/types.ts';
import { parseCount } from '../../formatting/numbers.ts';
import { draftCredits } from './plan-credits.ts';
import {
  draftFeatures,
  draftOf,
  draftPrices,
  draftSpendCap,
  draftTrial,
  emptyFeature,
  emptyPlan,
  emptyPrice,
} from './plan-draft.ts';

const feature = (key: string, type: Feature['type']): Feature => ({
  id: `feat_${key}`,
  key,
  name: key,
  type,
  meter: type === 'metered' ? key : null,
  credit_cost: null,
  on_outage: 'deny',
  created_at: '2026-11-21T00:00:00.000Z',
});
const catalog = [feature('exports', 'boolean'), feature('calls', 'metered'), feature('support', 'config')];

test('a draft sends its prices in minor units and leaves out what is not typed yet', () => {
  const draft = {
    ...emptyPlan,
    prices: [
      { ...emptyPrice, amount: '29' },
      { ...emptyPrice, interval: 'year' as const },
    ],
  };
  expect(draftPrices(draft)).toEqual([
    { type: 'flat', amount: 2900, currency: 'usd', interval: 'month', interval_count: 1 },
  ]);
});

test('a draft sends of each price what its type has, and reads it back the same', () => {
  const tiers = [
    { up_to: '5', unit_amount: '7.00', flat_amount: '' },
    { up_to: '', unit_amount: '0.0035', flat_amount: '1.50' },
  ];
  const draft = {
    ...emptyPlan,
    prices: [
      {
        ...emptyPrice,
        type: 'per_unit' as const,
        unit_amount: '0.02',
        feature: 'calls',
        included_units: '10',
      },
      { ...emptyPrice, type: 'package' as const, unit_amount: '5.00', package_size: '1,000' },
      { ...emptyPrice, type: 'volume' as const, tiers, feature: 'calls' },
    ],
  };
  const monthly = { currency: 'usd', interval: 'month', interval_count: 1 };
  const wished = [
    { type: 'per_unit', unit_amount: '2', feature: 'calls', included_units: 10, ...monthly },
    { type: 'package', unit_amount: '500', package_size: 1000, ...monthly },
    {
      type: 'volume',
      tiers: [
        { up_to: 5, unit_amount: '700', flat_amount: 0 },
        { up_to: null, unit_amount: '0.35', flat_amount: 150 },
      ],
      feature: 'calls',
      ...monthly,
    },
  ];
  expect(draftPrices(draft)).toEqual(wished);

  const shown = draftPrices(draft).map((price) => ({
    id: 'price_1',
    type: price.type ?? 'flat',
    currency: price.currency,
    interval: price.interval,
    interval_count: price.interval_count ?? 1,
    amount: null,
    unit_amount: price.unit_amount ?? null,
    package_size: price.package_size ?? null,
    included_units: price.included_units ?? 0,
    tiers: price.tiers?.map((tier) => ({ ...tier, flat_amount: tier.flat_amount ?? 0 })) ?? null,
    feature: price.feature ?? null,
    stripe_price_id: null,
  }));
  const plan = { name: 'Pro', key: 'pro', description: null };
  const again = draftOf(
    plan,
    { prices: shown, features: [], trial: null, spend_cap: null, credits: null },
    catalog,
  );
  expect(draftPrices(again)).toEqual(wished);
});

test('a price keeps its currency: 5,000 yen are not 50.00 dollars', () => {
  const yen = {
    id: 'price_1',
    type: 'flat' as const,
    currency: 'jpy',
    interval: 'month' as const,
    interval_count: 1,
    amount: { amount: 5000, currency: 'jpy' },
    unit_amount: null,
    package_size: null,
    included_units: 0,
    tiers: null,
    feature: null,
    stripe_price_id: null,
  };
  const dollars = { ...yen, id: 'price_2', currency: 'usd', amount: { amount: 2900, currency: 'usd' } };
  const plan = { name: 'Pro', key: 'pro', description: null };
  const draft = draftOf(
    plan,
    { prices: [dollars, yen], features: [], trial: null, spend_cap: null, credits: null },
    catalog,
  );
  expect(draftPrices(draft)).toMatchObject([
    { amount: 2900, currency: 'usd' },
    { amount: 5000, currency: 'jpy' },
  ]);
});

test('credits, caps and the spend cap of a version are sent as they were read', () => {
  const credits = { quantity: 100, interval: 'week' as const, interval_count: 2, rollover: null };
  const carried = { ...credits, rollover: { max: 250.5, periods: 3 } };
  const caps = [{ interval: 'minute' as const, quantity: 60 }];
  const calls = {
    feature: 'calls',
    name: 'Calls',
    type: 'metered' as const,
    limit: 10,
    overage: 'allow' as const,
    value: null,
    caps,
  };
  const plan = { name: 'Pro', key: 'pro', description: null };
  const version = { prices: [], features: [calls], trial: null };
  const yen = { amount: 5000, currency: 'jpy' };
  const draft = draftOf(plan, { ...version, spend_cap: yen, credits: carried }, catalog);

  expect(draftCredits(draft.credits)).toEqual(carried);
  expect(draftSpendCap(draft)).toEqual(yen);
  expect(draftFeatures(draft, catalog)).toEqual([{ feature: 'calls', limit: 10, overage: 'allow', caps }]);
  const bare = draftOf(plan, { ...version, spend_cap: null, credits }, catalog);
  expect(draftCredits(bare.credits)).toEqual(credits);
  expect(draftSpendCap(bare)).toBeNull();
});

test('a spend cap of nothing is a cap, and no amount is none', () => {
  expect(draftSpendCap({ spend_cap: { amount: '0', currency: 'usd' } })).toEqual({
    amount: 0,
    currency: 'usd',
  });
  expect(draftSpendCap(emptyPlan)).toBeNull();
  expect(draftCredits(emptyPlan.credits)).toBeNull();
});

test('tiers that do not ascend are not sent', () => {
  const tier = { up_to: '5', unit_amount: '7', flat_amount: '' };
  const price = { ...emptyPrice, type: 'graduated' as const, tiers: [tier, tier, { ...tier, up_to: '' }] };
  expect(draftPrices({ ...emptyPlan, prices: [price] })).toEqual([]);
});

test('a trial is sent once it has days', () => {
  expect(draftTrial(emptyPlan)).toBeNull();
  expect(draftTrial({ trial: { days: '14', requires_card: false, end: 'pause' } })).toEqual({
    days: 14,
    requires_card: false,
    end: 'pause',
  });
});

test('a draft sends only chosen features, each with what its type has', () => {
  const draft = {
    ...emptyPlan,
    features: {
      feat_exports: { ...emptyFeature, chosen: true },
      feat_calls: { ...emptyFeature, chosen: true, limit: '10,000' },
      feat_support: { ...emptyFeature, value: 'e-mail' },
    },
  };
  expect(draftFeatures(draft, catalog)).toEqual([
    { feature: 'exports' },
    { feature: 'calls', limit: 10_000, overage: 'block' },
  ]);
});

test('an empty limit means unlimited', () => {
  const draft = { ...emptyPlan, features: { feat_calls: { ...emptyFeature, chosen: true } } };
  expect(draftFeatures(draft, catalog)).toEqual([{ feature: 'calls', limit: null, overage: 'block' }]);
});

test.each(['-1', '1.5', 'many', '1e6', '1234567890123456'])('"%s" is no count', (typed) => {
  expect(parseCount(typed)).toBeUndefined();
});
