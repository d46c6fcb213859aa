import { expect, test } from 'vitest';
import { formatDay, formatMoment, formatRelative, formatShortDay } from './dates.ts';

test('a date is told in UTC whatever the time zone of the machine', () => {
  expect(formatDay('2026-11-21T23:59:59.000Z')).toBe('Nov 21, 2026');
  expect(formatMoment('2026-11-21T23:59:59.000Z')).toBe('Nov 21, 2026, 23:59 UTC');
  expect(formatShortDay('2026-11-21')).toBe('Nov 21');
});

test.each([
  ['2026-11-21T11:59:30.000Z', 'just now'],
  ['2026-11-21T11:57:00.000Z', '3 minutes ago'],
  ['2026-11-20T11:00:00.000Z', 'yesterday'],
  ['2026-11-23T12:00:00.000Z', 'in 2 days'],
  ['2025-09-01T12:00:00.000Z', 'last year'],
])('%s is %s at noon of Nov 21, 2026', (iso, expected) => {
  expect(formatRelative(iso, Date.parse('2026-11-21T12:00:00.000Z'))).toBe(expected);
});
