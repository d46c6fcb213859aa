import { expect, test } from 'vitest';
import { areFilters, filtersOf, namesOf } from './meter-filters.ts';

test('a condition is sent with the kind of value that was typed', () => {
  expect(
    filtersOf([
      { property: ' region ', test: 'eq', value: ' eu ' },
      { property: 'size', test: 'in', value: '1, 2.5,-3' },
      { property: 'plan', test: 'not_in', value: 'free, "2024",true' },
      { property: 'user_id', test: 'there', value: 'left over' },
      { property: 'internal', test: 'missing', value: '' },
    ]),
  ).toEqual([
    { property: 'region', operator: 'eq', value: 'eu' },
    { property: 'size', operator: 'in', values: [1, 2.5, -3] },
    { property: 'plan', operator: 'not_in', values: ['free', '2024', true] },
    { property: 'user_id', operator: 'exists', value: true },
    { property: 'internal', operator: 'exists', value: false },
  ]);
});

test('a condition without a property, or without what it must be, is refused', () => {
  expect(areFilters([])).toBe(true);
  expect(areFilters([{ property: 'internal', test: 'missing', value: '' }])).toBe(true);
  expect(areFilters([{ property: ' ', test: 'eq', value: 'eu' }])).toBe(
    'Name the property of each condition.',
  );
  expect(areFilters([{ property: 'region', test: 'in', value: ' , ' }])).toBe(
    'Say what each property must be.',
  );
});

test('names are told apart by commas, and each counts once', () => {
  expect(namesOf(' region, model,,region ')).toEqual(['region', 'model']);
  expect(namesOf('')).toEqual([]);
});
