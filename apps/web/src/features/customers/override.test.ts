import { expect, test } from 'vitest';
import { type OverrideDraft, overrideOf, sourceWords } from './override.ts';

const draft: OverrideDraft = {
  feature: 'calls',
  effect: 'replace',
  limit: '',
  value: '',
  caps: [],
  expires_at: '',
  reason: ' pilot ',
};

test('an override is sent with the terms of its feature and no others', () => {
  expect(overrideOf({ ...draft, limit: '10,000', value: 'eu' }, 'metered')).toEqual({
    feature: 'calls',
    reason: 'pilot',
    mode: 'replace',
    limit: 10_000,
  });
  expect(overrideOf({ ...draft, effect: 'add' }, 'metered')).toMatchObject({ mode: 'add', limit: null });
  expect(overrideOf({ ...draft, value: ' eu ' }, 'config')).toEqual({
    feature: 'calls',
    reason: 'pilot',
    value: 'eu',
  });
  expect(overrideOf({ ...draft, effect: 'deny', limit: '5' }, 'metered')).toEqual({
    feature: 'calls',
    reason: 'pilot',
    granted: false,
  });
});

test('an override caps use in time, and ends on a day', () => {
  const caps = [{ interval: 'minute' as const, quantity: '60' }];

  expect(overrideOf({ ...draft, caps, expires_at: '2027-01-31' }, 'metered')).toMatchObject({
    limit: null,
    caps: [{ interval: 'minute', quantity: 60 }],
    expires_at: '2027-01-31T00:00:00Z',
  });
  expect(overrideOf({ ...draft, caps }, 'boolean')).toEqual({ feature: 'calls', reason: 'pilot' });
});

test('where an entitlement comes from is told in words', () => {
  const nothing = {
    plan: null,
    subscription: null,
    override: null,
    mode: null,
    granted: true,
    quantity: 1,
    limit: null,
    overage: null,
    value: null,
    expires_at: null,
  };
  expect(
    sourceWords([
      { ...nothing, type: 'plan', plan: 'pro' },
      { ...nothing, type: 'add_on', plan: 'extra', quantity: 2 },
      { ...nothing, type: 'override', override: 'ovr_1', mode: 'add' },
    ]),
  ).toBe('pro, extra × 2, override on top');
  expect(sourceWords([{ ...nothing, type: 'default_plan', plan: 'free' }])).toBe('free by default');
});
