import { describe, expect, it } from 'vitest';
import { prorated, share } from './proration.ts';

const at = (text: string) => Date.parse(`${text}Z`) / 1000;

describe('a prorated amount', () => {
  it.each([
    // "Prorations", docs.stripe.com/billing/subscriptions/prorations: from 10 to 20 USD a month halfway through
    // the period credits 5 USD and charges 10 USD.
    [
      'unused time of 10 USD at half a month',
      -1000,
      '2027-04-01T00:00:00',
      '2027-05-01T00:00:00',
      '2027-04-16T00:00:00',
      -500,
    ],
    [
      'remaining time of 20 USD at half a month',
      2000,
      '2027-04-01T00:00:00',
      '2027-05-01T00:00:00',
      '2027-04-16T00:00:00',
      1000,
    ],
    // 2,678,400 seconds in January; 1,252,799 are left: 2900 × 1252799 / 2678400 = 1356.449…
    [
      'a month of 31 days, by the second',
      2900,
      '2027-01-01T00:00:00',
      '2027-02-01T00:00:00',
      '2027-01-17T12:00:01',
      1356,
    ],
    [
      'the whole at the start',
      2900,
      '2027-01-01T00:00:00',
      '2027-02-01T00:00:00',
      '2027-01-01T00:00:00',
      2900,
    ],
    ['nothing at the end', 2900, '2027-01-01T00:00:00', '2027-02-01T00:00:00', '2027-02-01T00:00:00', 0],
    [
      'never more than the whole',
      2900,
      '2027-01-01T00:00:00',
      '2027-02-01T00:00:00',
      '2026-12-01T00:00:00',
      2900,
    ],
  ])('%s', (_what, amount, start, end, from, expected) => {
    expect(prorated(amount, { start: at(start), end: at(end) }, at(from))).toBe(expected);
  });

  it('is rounded half away from zero, on both sides', () => {
    expect([share(1, 1, 2), share(-1, 1, 2), share(5, 1, 2), share(-5, 1, 2), share(7, 1, 3)]).toEqual([
      1, -1, 3, -3, 2,
    ]);
  });

  it('is exact where floating point is not', () => {
    expect(share(9_007_199_254_740_991, 2_678_399, 2_678_400)).toBe(9_007_195_891_838_043);
  });
});
