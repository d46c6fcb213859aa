import { describe, expect, it } from 'vitest';
import { apiError, ConnectionError } from '../core/errors.ts';
import { patientDelayMs, readRetryAfterMs, retryDelayMs } from './backoff.ts';

describe('the delay before a retry', () => {
  it('doubles with each try up to its bound, and leaves out up to half at random', () => {
    const failure = new ConnectionError('away');
    for (const [tries, longestMs] of [
      [1, 250],
      [2, 500],
      [4, 2_000],
      [40, 8_000],
    ] as const) {
      const delays = Array.from({ length: 200 }, () => retryDelayMs(failure, { tries, delayMaxMs: 8_000 }));
      expect(Math.max(...delays)).toBeLessThanOrEqual(longestMs);
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(longestMs / 2);
      expect(new Set(delays).size).toBeGreaterThan(100);
    }
  });

  it('is what Retry-After asks for when that is longer', () => {
    const limited = apiError({ status: 429, code: 'rate_limited', message: '', retryAfterMs: 20_000 });

    expect(retryDelayMs(limited, { tries: 1, delayMaxMs: 8_000 })).toBe(20_000);
  });

  it('of what is tried without an end is half a minute at most, and five where Retry-After asks for a day', () => {
    const limited = apiError({ status: 429, code: 'http_429', message: '', retryAfterMs: 86_400_000 });

    expect(patientDelayMs(limited, 1)).toBe(300_000);
    expect(patientDelayMs(new ConnectionError('away'), 50)).toBeLessThanOrEqual(30_000);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');

  it.each([
    ['2', 2_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j is %j ms', (header, ms) => {
    expect(readRetryAfterMs(header, now)).toBe(ms);
  });
});
