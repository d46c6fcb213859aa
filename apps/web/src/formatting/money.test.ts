import { expect, test } from 'vitest';
import {
  formatAmount,
  formatInterval,
  formatMoney,
  formatUnitPrice,
  majorText,
  parseMoney,
  parseUnitPrice,
} from './money.ts';

test.each([
  [900, 'usd', '$9'],
  [950, 'usd', '$9.50'],
  [123456789, 'usd', '$1,234,567.89'],
  [0, 'usd', '$0'],
  [500, 'jpy', '¥500'],
  [1500, 'kwd', 'KWD\u00a01.500'],
  [-250, 'eur', '-€2.50'],
  [150050, 'huf', 'HUF\u00a01,500.50'],
])('%i minor units of %s read %s', (amount, currency, expected) => {
  expect(formatMoney({ amount, currency })).toBe(expected);
});

test.each([
  [900, 'usd', '$9.00'],
  [123456789, 'usd', '$1,234,567.89'],
  [500, 'jpy', '¥500'],
  [-250, 'eur', '-€2.50'],
])('in a column %i minor units of %s read %s', (amount, currency, expected) => {
  expect(formatAmount({ amount, currency })).toBe(expected);
});

test.each([
  ['9', 'usd', 900],
  ['9.9', 'usd', 990],
  [' 1,234.56 ', 'usd', 123456],
  ['0.29', 'usd', 29],
  ['500', 'jpy', 500],
  ['1.5', 'kwd', 1500],
])('typing "%s" in %s means %i minor units', (typed, currency, expected) => {
  expect(parseMoney(typed, currency)).toBe(expected);
});

test.each([
  ['', 'usd'],
  ['nine', 'usd'],
  ['-1', 'usd'],
  ['9.999', 'usd'],
  ['9.5', 'jpy'],
  ['1e3', 'usd'],
])('typing "%s" in %s is no amount', (typed, currency) => {
  expect(parseMoney(typed, currency)).toBeUndefined();
});

test('an interval is named once or counted', () => {
  expect(formatInterval('month', 1)).toBe('month');
  expect(formatInterval('month', 3)).toBe('3 months');
});

test.each([
  ['2', 'usd', '$0.02', '0.02'],
  ['0.35', 'usd', '$0.0035', '0.0035'],
  ['2900', 'usd', '$29', '29.00'],
  ['7', 'jpy', '¥7', '7'],
  ['0.5', 'jpy', '¥0.5', '0.5'],
])('%s minor units of %s for one unit read %s and are typed %s', (minor, currency, shown, typed) => {
  expect(formatUnitPrice(minor, currency)).toBe(shown);
  expect(majorText(minor, currency)).toBe(typed);
  expect(parseUnitPrice(typed, currency)).toBe(minor);
});

test.each(['', '-1', '1e3', '.5', '0,5x'])('"%s" is no price of a unit', (typed) => {
  expect(parseUnitPrice(typed, 'usd')).toBeUndefined();
});
