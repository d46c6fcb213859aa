import { describe, expect, it } from 'vitest';
import type { SnapshotFeature, SpendCap } from './snapshot.ts';
import { passedSpendCap, spentWith } from './spend.ts';

const price = (feature: string, unitAmount: string): SpendCap['prices'][number] => ({
  feature,
  period_start: '2026-11-01T00:00:00+00:00',
  used: 7,
  type: 'per_unit',
  amount: null,
  unit_amount: unitAmount,
  package_size: null,
  included_units: 0,
  tiers: null,
});
const cap: SpendCap = {
  subscription_id: 'sub_1',
  amount: 1_000,
  currency: 'usd',
  prices: [price('calls', '0.5'), price('mails', '3')],
};
const calls: SnapshotFeature = {
  name: 'Calls',
  type: 'metered',
  suspended: false,
  limit: null,
  overage: null,
  value: null,
  meter_id: 'mtr_1',
  period_start: '2026-11-01T00:00:00+00:00',
  period_end: '2026-12-01T00:00:00+00:00',
  used: 901,
  held: 100,
  usage_version: 1,
};

describe('what is spent under a cap', () => {
  it('is each price rounded on its own, of what is used and held and would be used', () => {
    expect(spentWith(cap, { features: { calls } }, { feature: 'calls', units: 0 })).toBe(501 + 21);
    expect(spentWith(cap, { features: { calls } }, { feature: 'calls', units: 1 })).toBe(501 + 21);
    expect(spentWith(cap, { features: { calls } }, { feature: 'mails', units: 2 })).toBe(501 + 27);
  });

  it('is nothing for what credits paid for', () => {
    const paid = { ...calls, credit_units: 901 };
    expect(spentWith(cap, { features: { calls: paid } }, { feature: 'calls', units: 0 })).toBe(50 + 21);
  });

  it('is nothing for what credits would pay for: 50 credits at a cost of 2 pay for 25 of 40 beyond 1,000', () => {
    const granted = {
      ...calls,
      limit: 1_000,
      used: 980,
      held: 20,
      credit_cost: 2,
      credit_units: 0,
      uncovered: 0,
    };
    const snapshot = { features: { calls: granted }, credits: { balance: 50 } };

    expect(spentWith(cap, snapshot, { feature: 'calls', units: 25 })).toBe(500 + 21);
    // 15 more at half a cent: 7.5.
    expect(spentWith(cap, snapshot, { feature: 'calls', units: 40 })).toBe(508 + 21);
    // Read before, and used since.
    granted.used = 1_020;
    expect(spentWith(cap, snapshot, { feature: 'calls', units: 0 })).toBe(508 + 21);
  });

  it('leaves out what credits paid for beyond a limit that is gone since', () => {
    const before = { ...cap, prices: [{ ...price('calls', '0.5'), credited: 101 }] };
    expect(spentWith(before, { features: { calls } }, { feature: 'calls', units: 0 })).toBe(450);
  });

  it('follows the total, though the cap was read before', () => {
    const growing = { ...calls };
    const asked = { feature: 'calls', units: 0 };
    expect(passedSpendCap({ features: { calls: growing }, spend_caps: [cap] }, asked)).toBeUndefined();
    growing.used = 1_900;
    expect(passedSpendCap({ features: { calls: growing }, spend_caps: [cap] }, asked)).toBe(cap);
    expect(
      passedSpendCap({ features: { calls: growing }, spend_caps: [cap] }, { feature: 'exports', units: 1 }),
    ).toBeUndefined();
  });
});
