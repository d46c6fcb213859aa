import { expect, test } from 'vitest';
import {
  differenceOf,
  featureLine,
  grantLines,
  offersOf,
  offerTag,
  offerWords,
  singular,
  type PriceTerms,
} from './plan-terms.ts';

const calls = {
  name: 'API calls',
  type: 'metered',
  limit: 10_000,
  overage: 'block',
  value: null,
  caps: null,
} as const;
const names = [{ feature: 'calls', name: 'API calls' }];
const flat: PriceTerms = {
  type: 'flat',
  currency: 'usd',
  interval: 'month',
  interval_count: 1,
  amount: { amount: 2000, currency: 'usd' },
  unit_amount: null,
  package_size: null,
  included_units: 0,
  tiers: null,
  feature: null,
};
const seats: PriceTerms = { ...flat, type: 'per_seat', amount: { amount: 800, currency: 'usd' } };
const use: PriceTerms = { ...flat, type: 'per_unit', amount: null, unit_amount: '2', feature: 'calls' };

test('an offer is told in one line', () => {
  expect(offerWords([use, seats, flat], names)).toBe('$20 / month + $8 a seat + $0.02 per API call');
  expect(offerWords([{ ...flat, interval_count: 3 }])).toBe('$20 / 3 months');
});

test('an offer without a flat part begins with its seats, or with use', () => {
  expect(offerTag([seats])).toEqual({ amount: '$8', period: 'a seat / month', more: [] });
  expect(offerWords([use], names)).toBe('$0.02 per API call / month');
});

test('packages, tiers and free units are told', () => {
  const packages: PriceTerms = { ...use, type: 'package', unit_amount: '500', package_size: 1_000 };
  expect(offerWords([{ ...packages, included_units: 10_000 }], names)).toBe(
    '$5 per 1,000 API calls after 10,000 free / month',
  );
  const tiers = [
    { up_to: 5, unit_amount: '700', flat_amount: 0 },
    { up_to: null, unit_amount: '0.35', flat_amount: 0 },
  ];
  const graduated: PriceTerms = { ...use, type: 'graduated', unit_amount: null, tiers };
  expect(offerWords([graduated], names)).toBe('$0.0035–$7 per API call in steps / month');
  expect(offerWords([{ ...graduated, type: 'volume', feature: null }])).toBe(
    '$0.0035–$7 a seat by volume / month',
  );
});

test('a plan without a price, or at nothing, is free', () => {
  expect(offerWords([])).toBe('Free');
  expect(offerWords([{ ...flat, amount: { amount: 0, currency: 'usd' } }])).toBe('Free');
});

test('prices of one currency and interval are one offer', () => {
  const year: PriceTerms = { ...flat, interval: 'year' };
  expect(offersOf([flat, year, use])).toEqual([[flat, use], [year]]);
});

test.each([
  ['API calls', 'API call'],
  ['Storage', 'Storage'],
  ['Addresses', 'Address'],
  ['Queries', 'Query'],
  ['Access', 'Access'],
  ['Messages', 'Message'],
])('%s are counted by the %s', (many, one) => {
  expect(singular(many)).toBe(one);
});

test('a feature line says how much is included', () => {
  expect(featureLine(calls)).toBe('10,000 API calls');
  expect(featureLine({ ...calls, overage: 'allow' })).toBe('10,000 API calls, more on top');
  expect(featureLine({ ...calls, limit: null })).toBe('Unlimited API calls');
  expect(featureLine({ ...calls, type: 'boolean', limit: null })).toBe('API calls');
  expect(featureLine({ ...calls, name: 'Support', type: 'config', value: 'e-mail' })).toBe('Support: e-mail');
});

test('caps, credits and the spend cap of a version are told with its features', () => {
  const caps = [{ interval: 'minute' as const, quantity: 100 }];
  const credits = { quantity: 200, interval: 'month' as const, interval_count: 1, rollover: null };
  const version = { features: [{ ...calls, caps }], credits, spend_cap: { amount: 25_000, currency: 'usd' } };

  expect(grantLines(version)).toEqual([
    '10,000 API calls, at most 100 a minute',
    '200 credits each month',
    'Use costs at most $250 a period',
  ]);
  expect(grantLines({ ...version, credits: { ...credits, rollover: { max: 400, periods: 2 } } })[1]).toBe(
    '200 credits each month, up to 400 carried over',
  );
});

test('of two versions only what differs is told', () => {
  expect(differenceOf(['$29 / month', 'Exports'], ['$39 / month', 'Exports'])).toEqual({
    gone: ['$29 / month'],
    added: ['$39 / month'],
  });
});
