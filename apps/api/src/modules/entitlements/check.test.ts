import { describe, expect, it } from 'vitest';
import { check, type CheckAnswer, denialReasons } from './check.ts';
import type { Snapshot, SnapshotFeature } from './snapshot.ts';

const metered = { key: 'api_calls', type: 'metered' } as const;
const nothing: SnapshotFeature = {
  name: 'API calls',
  type: 'metered',
  suspended: false,
  limit: 1_000,
  overage: 'block',
  value: null,
  meter_id: 'mtr_1',
  period_start: '2026-11-01T00:00:00+00:00',
  period_end: '2026-12-01T00:00:00+00:00',
  used: 0,
  held: 0,
  usage_version: 0,
};

function snapshot(features: Record<string, SnapshotFeature>, more: Partial<Snapshot> = {}): Snapshot {
  return {
    customer_id: 'cus_1',
    external_id: 'user_42',
    version: 7,
    unsynced_since: null,
    known: true,
    features,
    ...more,
  };
}

function checkMetered(granted: Partial<SnapshotFeature>, required = 1): CheckAnswer {
  return check(snapshot({ api_calls: { ...nothing, ...granted } }), metered, required);
}

describe('a check', () => {
  it('denies a customer that does not exist, whatever the feature', () => {
    const answer = check(snapshot({}, { customer_id: null, known: false, version: 0 }), metered, 1);
    expect(answer).toMatchObject({ allowed: false, reason: 'customer_not_found', limit: null, used: null });
  });

  it('grants an unknown customer what the default plan grants', () => {
    const answer = check(snapshot({ api_calls: nothing }, { customer_id: null }), metered, 1);
    expect(answer).toMatchObject({ allowed: true, reason: null });
  });

  it('denies what nobody granted', () => {
    expect(check(snapshot({}), metered, 1)).toMatchObject({ allowed: false, reason: 'not_entitled' });
  });

  it('denies what is withheld, even if it is unlimited, boolean, or has room left', () => {
    expect(checkMetered({ suspended: true })).toMatchObject({ allowed: false, reason: 'past_due' });
    expect(checkMetered({ suspended: true, limit: null })).toMatchObject({ reason: 'past_due' });
    expect(checkMetered({ suspended: true, overage: 'allow' })).toMatchObject({ reason: 'past_due' });
    const boolean = { ...nothing, type: 'boolean' as const, limit: null, suspended: true };
    expect(check(snapshot({ exports: boolean }), { key: 'exports', type: 'boolean' }, 1)).toMatchObject({
      allowed: false,
      reason: 'past_due',
    });
  });

  it('grants a boolean feature, and a config feature with its value', () => {
    const granted = { ...nothing, limit: null, overage: null, meter_id: null, period_end: null };
    const exports = check(
      snapshot({ exports: { ...granted, type: 'boolean' } }),
      { key: 'exports', type: 'boolean' },
      1,
    );
    expect(exports).toMatchObject({ allowed: true, value: null, limit: null, used: null, remaining: null });
    const retention = check(
      snapshot({ retention: { ...granted, type: 'config', value: '90' } }),
      { key: 'retention', type: 'config' },
      1,
    );
    expect(retention).toMatchObject({ allowed: true, value: '90' });
  });

  it('never confuses unlimited with none', () => {
    expect(checkMetered({ limit: null, used: 5_000_000 })).toMatchObject({
      allowed: true,
      limit: null,
      remaining: null,
    });
    expect(checkMetered({ limit: 0 })).toMatchObject({
      allowed: false,
      reason: 'limit_reached',
      limit: 0,
      remaining: 0,
    });
  });

  it.each([
    { used: 0, required: 1, allowed: true, remaining: 1_000 },
    { used: 999, required: 1, allowed: true, remaining: 1 },
    { used: 1_000, required: 1, allowed: false, remaining: 0 },
    { used: 1_000, required: 0, allowed: true, remaining: 0 },
    { used: 998, required: 5, allowed: false, remaining: 2 },
    { used: 995, required: 5, allowed: true, remaining: 5 },
    { used: 1_200, required: 0, allowed: false, remaining: 0 },
    { used: 999.7, required: 0.3, allowed: true, remaining: 0.3 },
    { used: 999.7, required: 0.300000000001, allowed: false, remaining: 0.3 },
  ])('of a hard limit of 1,000 with $used used and $required required: $allowed', (row) => {
    expect(checkMetered({ used: row.used }, row.required)).toMatchObject({
      allowed: row.allowed,
      reason: row.allowed ? null : 'limit_reached',
      used: row.used,
      remaining: row.remaining,
      overage: null,
    });
  });

  it.each([
    { used: 0, required: 1, overage: 0 },
    { used: 998, required: 5, overage: 3 },
    { used: 1_200, required: 1, overage: 201 },
  ])('where overage is allowed, with $used used and $required required, is $overage beyond', (row) => {
    expect(checkMetered({ used: row.used, overage: 'allow' }, row.required)).toMatchObject({
      allowed: true,
      reason: null,
      overage: row.overage,
    });
  });

  const centEach = (amount: number) => ({
    subscription_id: 'sub_1',
    amount,
    currency: 'usd',
    prices: [
      {
        feature: 'api_calls',
        period_start: '2026-11-01T00:00:00+00:00',
        used: 0,
        type: 'per_unit' as const,
        amount: null,
        unit_amount: '1',
        package_size: null,
        included_units: 0,
        tiers: null,
      },
    ],
  });

  it.each([
    { used: 990, held: 0, required: 10, allowed: true },
    { used: 990, held: 0, required: 11, allowed: false },
    { used: 990, held: 1, required: 10, allowed: false },
    { used: 1_000, held: 0, required: 0, allowed: true },
    { used: 1_200, held: 0, required: 0, allowed: false },
  ])('of a spend cap of $10.00 at a cent each, %j', ({ used, held, required, allowed }) => {
    for (const terms of [{ limit: null }, { limit: 0, overage: 'allow' as const }]) {
      const granted = { api_calls: { ...nothing, ...terms, used, held } };
      const answer = check(snapshot(granted, { spend_caps: [centEach(1_000)] }), metered, required);
      expect(answer).toMatchObject({
        allowed,
        reason: allowed ? null : 'spend_cap',
        resets_at: new Date('2026-12-01T00:00:00.000Z'),
      });
    }
  });

  const beyond = (base: number, quantity: number) => ({
    interval: 'day' as const,
    quantity,
    starts_at: '2026-11-21T00:00:00+00:00',
    ends_at: '2026-11-22T00:00:00+00:00',
    base,
  });

  it.each([
    { used: 49, required: 1, allowed: true },
    { used: 50, required: 1, allowed: false },
    { used: 50, required: 0, allowed: true },
    { used: 46, held: 3, required: 2, allowed: false },
    { used: 49.7, required: 0.3, allowed: true },
  ])(
    'of a cap of 40 since 10: $used used, $required required: $allowed',
    ({ allowed, required, ...granted }) => {
      for (const terms of [{}, { limit: null }, { overage: 'allow' as const, limit: 0 }]) {
        const answer = checkMetered({ ...granted, ...terms, caps: [beyond(10, 40)] }, required);
        expect(answer.allowed).toBe(allowed);
        if (!allowed) {
          expect(answer).toMatchObject({
            reason: 'usage_cap',
            resets_at: new Date('2026-11-22T00:00:00.000Z'),
          });
        }
      }
    },
  );

  it('of several reasons tells the first of their order', () => {
    const everything = { suspended: true, paused: true, caps: [beyond(0, 0)], limit: 0 };
    const nobody = snapshot({ api_calls: { ...nothing, ...everything } }, { known: false });
    const spent = snapshot(
      { api_calls: { ...nothing, caps: [beyond(0, 0)], limit: 0 } },
      { spend_caps: [centEach(0)] },
    );
    const reasons = [
      check(nobody, metered, 1).reason,
      check(snapshot({}), metered, 1).reason,
      checkMetered(everything).reason,
      checkMetered({ ...everything, paused: false }).reason,
      check(spent, metered, 1).reason,
      checkMetered({ ...everything, paused: false, suspended: false }).reason,
      checkMetered({ ...everything, paused: false, suspended: false, caps: [] }).reason,
      checkMetered({ limit: 1 }).reason,
    ];
    expect(reasons).toEqual([...denialReasons, null]);
  });

  it('says when the use is counted anew, and of which version it is', () => {
    expect(checkMetered({})).toMatchObject({ resets_at: new Date('2026-12-01T00:00:00.000Z'), version: 7 });
  });
});
