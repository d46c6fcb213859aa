import { expect, it } from 'vitest';
import { keyState } from './key-state.ts';

const now = Date.parse('2026-05-04T12:00:00Z');
const key = { revoked_at: null, expires_at: null, enabled: true, rotated_to: null };

it.each([
  [{}, 'valid'],
  [{ expires_at: '2026-05-04T12:00:01Z' }, 'valid'],
  [{ expires_at: '2026-05-04T12:00:00Z' }, 'expired'],
  [{ enabled: false }, 'disabled'],
  [{ rotated_to: 'key_2', expires_at: '2026-05-05T12:00:00Z' }, 'replaced'],
  [{ rotated_to: 'key_2', expires_at: '2026-05-03T12:00:00Z' }, 'expired'],
  [{ revoked_at: '2026-05-01T00:00:00Z', enabled: false }, 'revoked'],
])('a key with %j is %s', (differing, state) => {
  expect(keyState({ ...key, ...differing }, now)).toBe(state);
});
