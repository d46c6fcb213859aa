import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocate,
  decimal,
  formatAmount,
  formatUnitAmount,
  fraction,
  majorUnits,
  minorUnits,
  multiple,
  portion,
  rounded,
  split,
  sum,
  wholeAmount,
} from './money.ts';

const amount = fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 });

describe('rounding', () => {
  it.each([
    ['100.5', 101],
    ['-100.5', -101],
    ['100.4999999999999999999999', 100],
    ['-0.4', 0],
    ['0.5', 1],
    ['9007199254740990.5', 9_007_199_254_740_991],
  ])('makes %s %i: half away from zero, and never -0', (exact, whole) => {
    expect(rounded(decimal(exact))).toBe(whole);
  });

  it('refuses what an integer cannot hold, rather than being out by one', () => {
    expect(() => rounded(decimal('9007199254740992'))).toThrow(RangeError);
    expect(() => sum([9_007_199_254_740_991, 1])).toThrow(RangeError);
    expect(multiple(1_900, 3)).toBe(5_700);
    expect(() => multiple(9_007_199_254_740_991, 2)).toThrow(RangeError);
    expect(() => wholeAmount(0.5, 'paid')).toThrow(
      'paid must be an integer between -2^53 and 2^53, not 0.5.',
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 'abc', ''])('refuses %s as a decimal', (value) => {
    expect(() => decimal(value)).toThrow(RangeError);
  });

  it('is exact where floating point is not', () => {
    expect(portion(9_007_199_254_740_991, { numerator: 2_678_399n, denominator: 2_678_400n })).toBe(
      9_007_195_891_838_043,
    );
    expect(fraction('7.25')).toEqual({ numerator: 725n, denominator: 100n });
    expect(fraction(1e-7)).toEqual({ numerator: 1n, denominator: 10_000_000n });
  });
});

// INV-31
describe('parts of an amount', () => {
  it.each([
    [100, 3, [34, 33, 33]],
    [-100, 3, [-34, -33, -33]],
    [2, 3, [1, 1, 0]],
    [0, 2, [0, 0]],
  ])('of %i in %i are %j', (whole, parts, expected) => {
    expect(split(whole, parts)).toEqual(expected);
  });

  it('add up to it, and differ by one at most', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 1, max: 200 }), (whole, count) => {
        const parts = split(whole, count);
        expect(sum(parts)).toBe(whole);
        expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
        expect(parts.every((part) => !Object.is(part, -0))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('by weight add up to it, and each is within one of its exact share', () => {
    const weights = fc.array(fc.nat({ max: 1_000_000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(amount, weights, (whole, given) => {
        fc.pre(given.some((weight) => weight > 0));
        const parts = allocate(whole, given);
        const total = BigInt(sum(given));
        expect(sum(parts)).toBe(whole);
        parts.forEach((part, index) => {
          const error = BigInt(part) * total - BigInt(whole) * BigInt(given[index] ?? 0);
          expect(error < total && error > -total).toBe(true);
        });
      }),
      { numRuns: 10_000 },
    );
  });

  it('are refused where nothing can be divided', () => {
    expect(allocate(0, [0, 0])).toEqual([0, 0]);
    expect(() => allocate(1, [0, 0])).toThrow('the weights add up to 0');
    expect(() => allocate(1, [-1, 2])).toThrow('not negative');
    expect(() => split(1, 0)).toThrow('parts must be a positive integer');
  });
});

describe('amounts as people write them', () => {
  it.each([
    [1234, 'usd', '12.34', '$12.34'],
    [-5, 'usd', '-0.05', '-$0.05'],
    [1234, 'jpy', '1234', '¥1,234'],
    [1234, 'kwd', '1.234', 'KWD 1.234'],
    [500, 'isk', '5.00', 'ISK 5'],
    [524, 'isk', '5.24', 'ISK 5.24'],
    [12_345_67, 'inr', '12345.67', '₹12,345.67'],
  ])('%i in %s are %s, shown as %s', (minor, currency, major, shown) => {
    expect(majorUnits(minor, currency)).toBe(major);
    expect(minorUnits(major, currency)).toBe(minor);
    expect(formatAmount(minor, currency).replaceAll('\u00A0', ' ')).toBe(shown);
  });

  it('keep the decimals of a unit price', () => {
    expect(formatUnitAmount('0.35', 'usd')).toBe('$0.0035');
    expect(formatUnitAmount('0.000000000001', 'usd')).toBe('$0.00000000000001');
    expect(formatUnitAmount('2900', 'usd')).toBe('$29.00');
    expect(formatAmount(2_900, 'krw', { display: 'code' })).toBe('KRW\u00A02,900');
  });

  it('refuse to be finer than the minor unit', () => {
    expect(() => minorUnits('1.5', 'jpy')).toThrow('1.5 is finer than the minor unit of jpy');
  });

  // INV-30
  it('are the same there and back, in every currency', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Intl.supportedValuesOf('currency')),
        fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
        (currency, minor) => {
          expect(minorUnits(majorUnits(minor, currency), currency)).toBe(minor);
        },
      ),
      { numRuns: 10_000 },
    );
  });
});
