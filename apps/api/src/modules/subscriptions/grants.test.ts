import { describe, expect, it } from 'vitest';
import type { UsageCap } from '../catalog/plan.ts';
import { combinedGrants } from './grants.ts';

const grant = (
  limit: string | null,
  overage: 'block' | 'allow' | null = 'block',
  value: string | null = null,
  caps: UsageCap[] | null = null,
) => [{ feature_id: 'feat_1', feature: 'calls', limit, overage, value, caps }];

describe('what a plan and its add-ons grant together', () => {
  it('adds limits up, as often as an add-on was bought', () => {
    const grants = combinedGrants([
      { rank: 1, times: 1, features: grant('1000') },
      { rank: 0, times: 2, features: grant('500') },
    ]);

    expect(grants).toEqual([
      {
        feature_id: 'feat_1',
        feature: 'calls',
        limit: '2000',
        overage: 'block',
        value: null,
        caps: null,
        rank: 1,
      },
    ]);
  });

  it('is unlimited when one of them is', () => {
    const all = [
      { rank: 1, times: 1, features: grant('1000') },
      { rank: 0, times: 1, features: grant(null) },
    ];

    expect(combinedGrants(all)).toMatchObject([{ limit: null }]);
    expect(combinedGrants(all.toReversed())).toMatchObject([{ limit: null }]);
  });

  it('keeps none apart from unlimited', () => {
    const grants = combinedGrants([{ rank: 1, times: 3, features: grant('0') }]);

    expect(grants).toMatchObject([{ limit: '0' }]);
  });

  it('has a soft limit when one of them is soft', () => {
    const grants = combinedGrants([
      { rank: 1, times: 1, features: grant('10', 'block') },
      { rank: 0, times: 1, features: grant('5', 'allow') },
    ]);

    expect(grants).toMatchObject([{ limit: '15', overage: 'allow' }]);
  });

  it('takes the value of the highest rank', () => {
    const all = [
      { rank: 1, times: 1, features: grant(null, null, 'eu') },
      { rank: 2, times: 1, features: grant(null, null, 'us') },
    ];

    expect(combinedGrants(all)).toMatchObject([{ value: 'us' }]);
    expect(combinedGrants(all.toReversed())).toMatchObject([{ value: 'us' }]);
  });
});
