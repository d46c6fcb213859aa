import { expect, test } from 'vitest';
import { stockOf } from './credit-stock.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const grant = (remaining: number, expires_at: string | null) => ({
  state: 'active' as const,
  remaining,
  expires_at,
});

test('what expires together is one part, the soonest first', () => {
  expect(
    stockOf(
      [
        grant(500, null),
        grant(10, '2026-11-22T00:00:00Z'),
        grant(40, '2026-11-28T12:00:00Z'),
        grant(100, '2026-12-21T12:00:00Z'),
        grant(7, '2027-06-01T00:00:00Z'),
      ],
      now,
    ),
  ).toEqual([
    { expiry: 'soon', quantity: 50 },
    { expiry: 'month', quantity: 100 },
    { expiry: 'later', quantity: 7 },
    { expiry: 'never', quantity: 500 },
  ]);
});

test('only what can be used now is in stock', () => {
  expect(
    stockOf(
      [
        { ...grant(60, null), state: 'scheduled' },
        { ...grant(60, null), state: 'voided' },
        { ...grant(0, null), state: 'used_up' },
      ],
      now,
    ),
  ).toEqual([]);
});
