import { expect, test } from 'vitest';
import { daysOf } from './retry-days.ts';

test('days are read however they are separated', () => {
  expect(daysOf('3, 6 10;')).toEqual([3, 6, 10]);
});

test.each(['', '0, 3', '6, 3', '3, 3', '61', '3.5', 'soon', '1 2 3 4 5 6 7 8 9'])(
  '%j is no schedule',
  (typed) => {
    expect(daysOf(typed)).toBeUndefined();
  },
);
