import { describe, expect, it } from 'vitest';
import { isFarAboveUsual } from './usual.ts';

describe('an amount is far above the usual', () => {
  it.each([
    ['more than ten times the median', 20_001, [1_900, 2_000, 2_100], 'usd', true],
    ['ten times the median', 20_000, [1_900, 2_000, 2_100], 'usd', false],
    ['of four: the middle between the two', 20_001, [1_000, 1_900, 2_100, 90_000], 'usd', true],
    ['of four: ten times that middle', 20_000, [1_000, 1_900, 2_100, 90_000], 'usd', false],
    ['after two invoices nobody knows', 900_000, [1_000, 1_000], 'usd', false],
    ['below 100 units of the currency', 9_999, [100, 100, 100], 'usd', false],
    ['100 units of the currency', 10_000, [100, 100, 100], 'usd', true],
    ['in yen, which have no decimals', 101, [1, 1, 1], 'jpy', true],
    ['in dinars, which have three', 99_999, [100, 100, 100], 'kwd', false],
    ['the order says nothing', 20_001, [2_100, 1_900, 2_000], 'usd', true],
  ])('%s', (_, amount, earlier, currency, expected) => {
    expect(isFarAboveUsual(amount, earlier, currency)).toBe(expected);
  });
});
