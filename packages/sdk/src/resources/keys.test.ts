import { describe, expect, it } from 'vitest';
import { type KeyVerification, verificationAnswer } from './keys.ts';

const valid: KeyVerification = {
  valid: true,
  code: 'valid',
  reason: null,
  key_id: 'ckey_1',
  name: 'Production',
  customer: 'cus_1',
  external_id: 'user_42',
  project: null,
  plan: 'pro',
  scopes: [],
  meta: {},
  remaining: 400,
  quota: {
    feature: 'api_calls',
    limit: 1_000,
    used: 600,
    remaining: 400,
    resets_at: '2026-12-01T00:00:00.000Z',
  },
  rate_limit: { of: 'key', limit: 10, remaining: 3, resets_at: '2026-11-21T10:00:00.500Z' },
  retry_after: null,
  degraded: false,
};

describe('the answer to a caller', () => {
  it('shows what is left of the quota', () => {
    expect(verificationAnswer(valid)).toEqual({
      status: 200,
      headers: {
        'X-RateLimit-Limit': '1000',
        'X-RateLimit-Used': '600',
        'X-RateLimit-Remaining': '400',
        // 1 December 2026
        'X-RateLimit-Reset': '1796083200',
      },
    });
  });

  it('to one who is too fast shows that limit, and when to try again', () => {
    expect(
      verificationAnswer({ ...valid, valid: false, code: 'rate_limited', retry_after: 2 }),
    ).toMatchObject({
      status: 429,
      headers: { 'X-RateLimit-Limit': '10', 'X-RateLimit-Used': '7', 'Retry-After': '2' },
    });
  });

  it.each([
    ['not_found', null, 401],
    ['revoked', null, 401],
    ['expired', null, 401],
    ['disabled', null, 401],
    ['disabled', 'past_due', 403],
    ['insufficient_scope', null, 403],
    ['quota_exceeded', 'limit_reached', 429],
  ] as const)('with a key that is %s (%s) is %d', (code, reason, status) => {
    expect(verificationAnswer({ ...valid, valid: false, code, reason }).status).toBe(status);
  });
});
