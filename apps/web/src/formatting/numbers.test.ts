import { expect, test } from 'vitest';
import { formatExact, formatPart, parseQuantity, quantityText } from './numbers.ts';

test('a quantity is read as it is typed, with commas and decimals', () => {
  expect(parseQuantity(' 1,500 ')).toBe(1500);
  expect(parseQuantity('0.25')).toBe(0.25);
  expect(parseQuantity('0.000000000001')).toBe(1e-12);
});

test.each(['', '0', '-5', '1e3', '1.2.3', '12 calls', '0.0000000000001', '1234567890123.456'])(
  '"%s" is no quantity',
  (typed) => {
    expect(parseQuantity(typed)).toBeUndefined();
  },
);

test('a part of a credit is shown whole', () => {
  expect(formatExact(0.0025)).toBe('0.0025');
  expect(formatExact(12_500)).toBe('12,500');
});

test.each([0.0000001, 1500, 999_999_999_999_999])(
  '%d is put into a field so that it is read back',
  (value) => {
    expect(parseQuantity(quantityText(value))).toBe(value);
  },
);

test.each([
  [0, '0%'],
  [0.0001, '<0.1%'],
  [0.57342, '57.3%'],
  [1, '100%'],
  [-0.25, '-25%'],
])('%f of a whole reads %s', (part, expected) => {
  expect(formatPart(part)).toBe(expected);
});
