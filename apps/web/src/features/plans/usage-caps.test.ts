import { expect, test } from 'vitest';
import { areCaps, capDraftsOf, capsOf, capWords } from './usage-caps.ts';

test('caps are told from the shortest interval to the longest', () => {
  expect(capWords([])).toBe('');
  expect(capWords([{ interval: 'hour', quantity: 100 }])).toBe('at most 100 an hour');
  expect(
    capWords([
      { interval: 'month', quantity: 90_000 },
      { interval: 'minute', quantity: 60 },
      { interval: 'day', quantity: 5_000 },
    ]),
  ).toBe('at most 60 a minute, 5,000 a day and 90,000 a month');
});

test('caps are sent as they were read, and a row that is no number is refused', () => {
  const caps = [
    { interval: 'minute' as const, quantity: 60 },
    { interval: 'day' as const, quantity: 0.5 },
  ];
  expect(capsOf(capDraftsOf(caps))).toEqual(caps);
  expect(areCaps(capDraftsOf(caps))).toBe(true);
  expect(areCaps([{ interval: 'minute', quantity: 'many' }])).toBe('Enter a number above 0 for each cap.');
});
