import { z } from 'zod';
import { key, name, pageOf, text, timestamp } from '../../platform/http/schemas.ts';

export const aggregations = ['count', 'sum', 'max', 'unique', 'latest'] as const;
export type Aggregation = (typeof aggregations)[number];

const aggregation = z
  .enum(aggregations)
  .describe(
    'Of the events of a period. count: how many. sum: their values, added. max: the highest value. unique: how many distinct values a property had. latest: the value of the last one, by occurred_at.',
  );

const propertyName = text.min(1).max(40);
const propertyValue = z.union([text.max(500), z.number(), z.boolean()]);
const values = z.array(propertyValue).min(1).max(100);

const filter = z
  .discriminatedUnion('operator', [
    z.strictObject({ property: propertyName, operator: z.literal('eq'), value: propertyValue }),
    z.strictObject({ property: propertyName, operator: z.literal('in'), values }),
    z.strictObject({
      property: propertyName,
      operator: z.literal('not_in').describe('Holds also of an event that lacks the property.'),
      values,
    }),
    z.strictObject({
      property: propertyName,
      operator: z.literal('exists'),
      value: z.boolean().describe('false: the event must lack the property.'),
    }),
  ])
  .meta({ id: 'MeterFilter' });
export type MeterFilter = z.output<typeof filter>;

/** Filters as they are kept. */
export const storedFilters = z.array(filter);

const property = propertyName.describe(
  'For unique: the property whose distinct values count. For sum, max and latest: the property that holds the value, in place of the event’s own.',
);
const filters = z
  .array(filter)
  .max(10)
  .describe('All must hold of an event’s properties, or it is stored and not counted.');
const groupBy = z
  .array(propertyName)
  .max(5)
  .refine((names) => new Set(names).size === names.length, 'each property once')
  // Use is broken down by customer in any case, and what a property of that name says would be mixed in.
  .refine((names) => !names.includes('customer'), 'customer is always there: name another property')
  .describe('Properties by which use can be broken down when exploring it. Changes nothing that is counted.');

export const meter = z
  .object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    aggregation,
    property: z.string().nullable(),
    filters: z.array(filter),
    group_by: z.array(z.string()),
    stripe_meter_id: z.string().nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'Meter' });
export const meterPage = pageOf(meter).meta({ id: 'MeterList' });

/** `unique` says of what; what counts events looks at no property. */
export function hasFittingProperty(terms: {
  aggregation?: Aggregation | undefined;
  property?: string | null | undefined;
}): boolean {
  switch (terms.aggregation) {
    case 'unique':
      return typeof terms.property === 'string';
    case 'count':
      return typeof terms.property !== 'string';
    default:
      return true;
  }
}
export const fittingProperty = {
  path: ['property'],
  error: 'unique needs the property whose values count; count takes none',
};

export const createMeter = z
  .strictObject({
    key,
    name,
    aggregation: aggregation.default('sum'),
    property: property.nullable().default(null),
    filters: filters.default([]),
    group_by: groupBy.default([]),
  })
  .refine(hasFittingProperty, fittingProperty);

export const updateMeter = z
  .strictObject({
    name: name.optional(),
    group_by: groupBy.optional(),
    aggregation: aggregation.optional(),
    property: property.nullable().optional(),
    filters: filters.optional(),
  })
  .describe('What it counts can change until the first event came.');

/** Of the meter that is made with a feature. */
export const featureMeter = {
  aggregation: aggregation.optional().describe('Of the meter that is made with the feature. Default: sum.'),
  property: property.optional(),
  filters: filters.optional(),
  group_by: groupBy.optional(),
};
