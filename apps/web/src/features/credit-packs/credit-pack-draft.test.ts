import { expect, test } from 'vitest';
import { creditPackOf, emptyCreditPack, parseDays } from './credit-pack-draft.ts';

test('a pack is sent in minor units of its currency, and never expires when nothing is typed', () => {
  const draft = { ...emptyCreditPack, name: ' Large ', key: 'large', credits: '2,500', amount: '49.50' };

  expect(creditPackOf(draft)).toEqual({
    name: 'Large',
    key: 'large',
    credits: 2500,
    amount: 4950,
    currency: 'usd',
  });
  expect(
    creditPackOf({ ...draft, amount: '4,950', currency: 'jpy', expires_after_days: '90' }),
  ).toMatchObject({
    amount: 4950,
    currency: 'jpy',
    expires_after_days: 90,
  });
});

test.each(['0', '3651', '1.5', 'never'])('"%s" is no number of days', (typed) => {
  expect(parseDays(typed)).toBeUndefined();
});
