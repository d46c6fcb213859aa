import { expect, test } from 'vitest';
import type { Feature } from '../../api/types.ts';
import { draftFeatures, draftPrices, emptyFeature, emptyPlan, parseCount } from './plan-draft.ts';

const feature = (key: string, type: Feature['type']): Feature => ({
  id: `feat_${key}`,
  key,
  name: key,
  type,
  meter: type === 'metered' ? key : null,
  created_at: '2026-11-21T00:00:00.000Z',
});
const catalog = [feature('exports', 'boolean'), feature('calls', 'metered'), feature('support', 'config')];

test('a draft sends its prices in minor units and leaves out what is not typed yet', () => {
  const draft = {
    ...emptyPlan,
    prices: [
      { amount: '29', interval: 'month', interval_count: '1' } as const,
      { amount: '', interval: 'year', interval_count: '1' } as const,
    ],
  };
  expect(draftPrices(draft)).toEqual([
    { amount: 2900, currency: 'usd', interval: 'month', interval_count: 1 },
  ]);
});

test('a draft sends only chosen features, each with what its type has', () => {
  const draft = {
    ...emptyPlan,
    features: {
      feat_exports: { ...emptyFeature, chosen: true },
      feat_calls: { ...emptyFeature, chosen: true, limit: '10,000' },
      feat_support: { ...emptyFeature, value: 'e-mail' },
    },
  };
  expect(draftFeatures(draft, catalog)).toEqual([
    { feature: 'exports' },
    { feature: 'calls', limit: 10_000, overage: 'block' },
  ]);
});

test('an empty limit means unlimited', () => {
  const draft = { ...emptyPlan, features: { feat_calls: { ...emptyFeature, chosen: true } } };
  expect(draftFeatures(draft, catalog)).toEqual([{ feature: 'calls', limit: null, overage: 'block' }]);
});

test.each(['-1', '1.5', 'many', '1e6', '1234567890123456'])('"%s" is no count', (typed) => {
  expect(parseCount(typed)).toBeUndefined();
});
