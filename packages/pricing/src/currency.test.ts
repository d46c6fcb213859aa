import { describe, expect, it } from 'vitest';
import { chargeStep, currencyExponent, writtenDecimals } from './currency.ts';

// "Supported currencies", https://docs.stripe.com/currencies#minor-units: 10 USD are 1000, 500 JPY are 500.
// "Three-decimal currencies" there: the last digit must be 0. "Special cases" there: 5 ISK are 500; HUF and TWD are whole
// in payouts only.
const zeroDecimal = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ');
const threeDecimal = 'bhd jod kwd omr tnd'.split(' ');
const twoDecimal = 'usd eur inr huf twd isk ugx idr cop'.split(' ');

describe('the minor unit of a currency', () => {
  it.each([
    ...zeroDecimal.map((currency) => [currency, 0] as const),
    ...twoDecimal.map((currency) => [currency, 2] as const),
    ...threeDecimal.map((currency) => [currency, 3] as const),
  ])('of %s has %i decimals in a charge, as Stripe counts', (currency, exponent) => {
    expect(currencyExponent(currency)).toBe(exponent);
    expect(currencyExponent(currency.toUpperCase())).toBe(exponent);
  });

  it.each([
    ['usd', 1, 2],
    ['jpy', 1, 0],
    ['kwd', 10, 3],
    ['isk', 100, 0],
    ['ugx', 100, 0],
    ['mga', 1, 0],
  ])('of %s is charged in steps of %i and written with %i decimals', (currency, step, decimals) => {
    expect(chargeStep(currency)).toBe(step);
    expect(writtenDecimals(currency)).toBe(decimals);
  });

  it('is refused for what is no currency code', () => {
    expect(() => currencyExponent('dollars')).toThrow(RangeError);
  });
});
