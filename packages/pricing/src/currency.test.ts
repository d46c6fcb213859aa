import { describe, expect, it } from 'vitest';
import { currencyExponent } from './currency.ts';

describe('the exponent of a currency', () => {
  it.each([
    ['usd', 2],
    ['jpy', 0],
    ['kwd', 3],
    ['inr', 2],
  ])('of %s is %i', (currency, exponent) => {
    expect(currencyExponent(currency)).toBe(exponent);
  });
});
