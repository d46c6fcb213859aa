import { expect, it } from 'vitest';
import { formatMs, formatShare } from './words.ts';

it.each([
  [null, '–'],
  [0, '0 ms'],
  [48.4, '48 ms'],
  [999.4, '999 ms'],
  [1_620, '1.6 s'],
  [61_000, '61 s'],
])('writes %s ms as %s', (ms, words) => expect(formatMs(ms)).toBe(words));

it('writes a share with as much as matters', () => {
  expect(formatShare(0.005102)).toBe('0.51%');
  expect(formatShare(0)).toBe('0%');
  expect(formatShare(0.00002)).toBe('<0.01%');
});
