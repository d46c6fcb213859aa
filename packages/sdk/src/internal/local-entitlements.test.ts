import { describe, expect, it } from 'vitest';
import type { CustomerEntitlements } from '../resources/entitlements.ts';
import { LocalEntitlements } from './local-entitlements.ts';

type Feature = CustomerEntitlements['features'][number];

const exportsFeature: Feature = {
  feature: 'exports',
  name: 'Exports',
  type: 'boolean',
  allowed: true,
  reason: null,
  allowed_up_to: null,
  limit: null,
  used: 0,
  carried: 0,
  remaining: null,
  overage: null,
  value: null,
  suspended: false,
  meter: null,
  period_start: null,
  resets_at: null,
  usage_version: 0,
  caps: [],
};
const apiCalls: Feature = {
  ...exportsFeature,
  feature: 'api_calls',
  type: 'metered',
  allowed_up_to: 90,
  limit: 100,
  used: 80,
  remaining: 10,
  overage: 'block',
  meter: 'calls',
  period_start: '2026-11-01T00:00:00.000Z',
  resets_at: '2026-12-01T00:00:00.000Z',
  usage_version: 7,
};
const said = (version: number, ...features: Feature[]): CustomerEntitlements => ({
  customer: 'cus_1',
  external_id: 'user_42',
  version,
  pending: false,
  valid_until: '2026-12-01T00:00:00.000Z',
  features: structuredClone(features),
});
function local(...features: Feature[]): LocalEntitlements {
  const entry = new LocalEntitlements();
  entry.take(said(1, ...features), 0);
  return entry;
}

describe('what is known of a customer', () => {
  it.each<[string, Partial<Feature>, number, boolean | undefined]>([
    ['what is on', exportsFeature, 1, true],
    ['what is withheld', { ...exportsFeature, allowed: false, reason: 'past_due' }, 1, false],
    ['ten that remain beside ten that are held', apiCalls, 10, true],
    ['eleven, which may have changed', apiCalls, 11, undefined],
    ['0.1 of 0.3 after 0.2', { ...apiCalls, allowed_up_to: 0.3, used: 0.2 }, 0.1, true],
    ['any number without a limit', { ...apiCalls, allowed_up_to: null, limit: null }, 1e9, true],
    ['one too many, as BillingOS said', { ...apiCalls, allowed: false, reason: 'limit_reached' }, 1, false],
    ['less than one, of which it said nothing', { ...apiCalls, allowed: false }, 0.5, undefined],
    ['what only a check can judge', { ...apiCalls, allowed_up_to: 0 }, 1, undefined],
  ])('answers %s', (_, feature, required, verdict) => {
    expect(local({ ...apiCalls, ...feature, feature: 'asked' }).judge('asked', required)).toBe(verdict);
  });

  it('asks about a feature it does not list, until BillingOS denied it, and again after a change', () => {
    const entry = local(exportsFeature);
    expect(entry.judge('sso', 1)).toBeUndefined();

    entry.deny('sso', 1);
    expect(entry.judge('sso', 1)).toBe(false);
    expect(entry.describe('sso', 1, false)).toMatchObject({ reason: 'not_entitled', type: null });

    entry.take(said(2, exportsFeature), 0);
    expect(entry.judge('sso', 1)).toBeUndefined();
  });

  it('counts a trial beside the totals of the first paid period', () => {
    const entry = local({ ...apiCalls, used: 80, carried: 30 });
    const usage = { customer: 'user_42', meter: 'calls', period_start: '2026-11-01T00:00:00Z' };

    entry.takeUsage({ ...usage, used: 55, usage_version: 8 });
    expect(entry.describe('api_calls', 1, true)).toMatchObject({ used: 85, remaining: 5 });
    expect(entry.judge('api_calls', 6)).toBeUndefined();
    // More of the trial was reported; the total of the stream is newer.
    entry.take(said(2, { ...apiCalls, used: 82, carried: 32 }), 0);
    expect(entry.describe('api_calls', 1, true).used).toBe(87);
  });

  it('counts what was used here, and never says no because of it', () => {
    const entry = local(apiCalls);
    entry.addOwn('calls', 4);
    expect(entry.judge('api_calls', 6)).toBe(true);
    expect(entry.judge('api_calls', 7)).toBeUndefined();
    expect(entry.describe('api_calls', 1, true)).toMatchObject({ used: 84, remaining: 6, limit: 100 });

    entry.addOwn('calls', -4);
    expect(entry.judge('api_calls', 10)).toBe(true);
  });

  it('keeps the newest of what it is told, in whatever order', () => {
    const entry = local(apiCalls);
    const usage = { customer: 'user_42', meter: 'calls', period_start: '2026-11-01T00:00:00Z' };

    entry.takeUsage({ ...usage, used: 85, usage_version: 9 });
    entry.takeUsage({ ...usage, used: 84, usage_version: 8 });
    entry.takeUsage({ ...usage, period_start: '2026-10-01T00:00:00Z', used: 3, usage_version: 99 });
    expect(entry.describe('api_calls', 1, true).used).toBe(85);
    expect(entry.isOutdated).toBe(false);

    entry.take(said(1, apiCalls), 0);
    expect(entry.describe('api_calls', 1, true).used).toBe(85);

    entry.take(said(0), 0);
    expect(entry.judge('api_calls', 1)).toBe(true);

    entry.takeUsage({ ...usage, used: 5, usage_version: 10 });
    expect(entry.isOutdated).toBe(true);
  });

  it('says when a cap that is reached counts anew, and when it must be read again', () => {
    const caps = [
      { interval: 'hour' as const, quantity: 50, used: 12, resets_at: '2026-11-21T11:00:00.000Z' },
      { interval: 'day' as const, quantity: 80, used: 80, resets_at: '2026-11-22T00:00:00.000Z' },
    ];
    const entry = local({ ...apiCalls, allowed: false, reason: 'usage_cap', caps });

    expect(entry.judge('api_calls', 1)).toBe(false);
    expect(entry.describe('api_calls', 1, false)).toMatchObject({
      reason: 'usage_cap',
      resets_at: '2026-11-22T00:00:00.000Z',
    });
    expect(entry.endsAt).toBe(Date.UTC(2026, 11, 1));
  });

  it('shows use beyond a limit where that is allowed', () => {
    const entry = local({ ...apiCalls, allowed_up_to: null, overage: 'allow', used: 104, remaining: 0 });
    expect(entry.describe('api_calls', 1, true)).toMatchObject({ overage: 5, remaining: 0 });
  });
});
