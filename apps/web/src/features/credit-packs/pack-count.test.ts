import { expect, test } from 'vitest';
import { packCount, priceOfPacks } from './pack-count.ts';

test('packs are whole, at least one and at most as many as are sold at once', () => {
  expect(packCount('1', 100)).toBe(1);
  expect(packCount(' 1,000 ', 1_000)).toBe(1_000);
  for (const typed of ['', '0', '-1', '1.5', '101', 'ten']) {
    expect(packCount(typed, 100)).toBeUndefined();
  }
});

test('several packs cost as often the price of one', () => {
  expect(priceOfPacks({ amount: 3_900, currency: 'usd' }, 3)).toEqual({ amount: 11_700, currency: 'usd' });
});
