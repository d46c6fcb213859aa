import { describe, expect, it } from 'vitest';
import { warningsOf } from './plan-warnings.ts';

const byVolume = {
  type: 'volume' as const,
  unit_amount: null,
  package_size: null,
  included_units: 0,
  // 100 units cost 1,000, 101 cost 505.
  tiers: [
    { up_to: 100, unit_amount: '10', flat_amount: 0 },
    { up_to: null, unit_amount: '5', flat_amount: 0 },
  ],
  feature: 'calls',
};

describe('a warning', () => {
  it('says where a volume price makes the total fall, once for all currencies', () => {
    expect(warningsOf([byVolume, { ...byVolume }], [{ feature: 'calls' }])).toEqual([
      'The volume price for calls makes the total fall: 100 units cost 1000, one more makes it 505.',
    ]);
    expect(warningsOf([{ ...byVolume, type: 'graduated' }], [{ feature: 'calls' }])).toEqual([]);
  });

  it('says when use is charged that the plan does not grant', () => {
    const perCall = { ...byVolume, type: 'per_unit' as const, unit_amount: '1', tiers: null };
    expect(warningsOf([perCall], [])).toEqual([
      'A price charges the use of calls, which the plan does not grant.',
    ]);
    expect(warningsOf([perCall], [{ feature: 'calls' }])).toEqual([]);
  });
});
