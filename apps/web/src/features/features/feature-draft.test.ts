import { expect, test } from 'vitest';
import { emptyFeature, featureOf } from './feature-draft.ts';

const metered = { ...emptyFeature, name: ' Tokens ', key: 'tokens', type: 'metered' as const };

test('a switch is sent without anything of a meter', () => {
  expect(
    featureOf({ ...metered, type: 'boolean', property: 'tokens', credit_cost: '2', on_outage: 'allow' }),
  ).toEqual({ name: 'Tokens', key: 'tokens', type: 'boolean', on_outage: 'allow' });
});

test('a metered feature is sent with what was said of its meter', () => {
  expect(
    featureOf({
      ...metered,
      property: ' tokens ',
      filters: [{ property: 'region', test: 'eq', value: 'eu' }],
      group_by: 'model, team',
      credit_cost: '0.5',
    }),
  ).toEqual({
    name: 'Tokens',
    key: 'tokens',
    type: 'metered',
    on_outage: 'deny',
    aggregation: 'sum',
    property: 'tokens',
    filters: [{ property: 'region', operator: 'eq', value: 'eu' }],
    group_by: ['model', 'team'],
    credit_cost: 0.5,
  });
});

test('what counts events has no property', () => {
  expect(featureOf({ ...metered, aggregation: 'count', property: 'left over' })).toEqual({
    name: 'Tokens',
    key: 'tokens',
    type: 'metered',
    on_outage: 'deny',
    aggregation: 'count',
  });
});
