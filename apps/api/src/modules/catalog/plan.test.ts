import { describe, expect, it } from 'vitest';
import { FeatureNotFound, GrantDoesNotFitFeature } from './catalog.errors.ts';
import { grantsOf } from './plan.ts';

const known = [
  { id: 'feat_exports', key: 'exports', type: 'boolean' },
  { id: 'feat_calls', key: 'api_calls', type: 'metered' },
  { id: 'feat_region', key: 'region', type: 'config' },
] as const;

describe('what a plan grants', () => {
  it.each([
    [
      { feature: 'exports' },
      { feature_id: 'feat_exports', limit: null, overage: null, value: null, caps: null },
    ],
    [
      { feature: 'api_calls', limit: 1_000 },
      { feature_id: 'feat_calls', limit: 1_000, overage: 'block', value: null, caps: null },
    ],
    // 0 is none and null is unlimited.
    [
      { feature: 'api_calls', limit: 0 },
      { feature_id: 'feat_calls', limit: 0, overage: 'block', value: null, caps: null },
    ],
    [
      { feature: 'api_calls', limit: null, overage: 'allow' },
      { feature_id: 'feat_calls', limit: null, overage: 'allow', value: null, caps: null },
    ],
    [
      { feature: 'region', value: 'eu' },
      { feature_id: 'feat_region', limit: null, overage: null, value: 'eu', caps: null },
    ],
  ] as const)('of %o is %o', (wish, grant) => {
    expect(grantsOf([wish], known)).toEqual([grant]);
  });

  it.each([
    [{ feature: 'exports', limit: 5 }, 'features.1.limit'],
    [{ feature: 'exports', limit: null }, 'features.1.limit'],
    [{ feature: 'exports', overage: 'allow' }, 'features.1.overage'],
    [{ feature: 'exports', value: 'yes' }, 'features.1.value'],
    [{ feature: 'region' }, 'features.1.value'],
    [{ feature: 'region', value: 'eu', limit: 1 }, 'features.1.limit'],
  ] as const)('refuses %o, and says where', (wish, param) => {
    const wishes = [{ feature: 'api_calls', limit: 1 }, wish];
    expect(() => grantsOf(wishes, known)).toThrow(
      expect.objectContaining({ constructor: GrantDoesNotFitFeature, param }),
    );
  });

  it('refuses a metered feature without a limit, and one with a value', () => {
    expect(() => grantsOf([{ feature: 'api_calls' }], known)).toThrow(GrantDoesNotFitFeature);
    expect(() => grantsOf([{ feature: 'api_calls', limit: 1, value: 'x' }], known)).toThrow(
      GrantDoesNotFitFeature,
    );
  });

  it('refuses a feature that does not exist, and one that is named twice', () => {
    expect(() => grantsOf([{ feature: 'nothing' }], known)).toThrow(FeatureNotFound);
    expect(() => grantsOf([{ feature: 'exports' }, { feature: 'exports' }], known)).toThrow(
      expect.objectContaining({ param: 'features.1.feature' }),
    );
  });
});
