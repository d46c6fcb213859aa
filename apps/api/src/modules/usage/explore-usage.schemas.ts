import { z } from 'zod';
import { endsInOrder, key, notInOrder, text, timestamp } from '../../platform/http/schemas.ts';
import { customerReference } from '../customers/customers.schemas.ts';
import { time } from './usage.schemas.ts';
import { aggregations } from '../catalog/meter.schemas.ts';

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== undefined;
  } catch {
    return false;
  }
}

export const exploreIntervals = ['hour', 'day', 'month'] as const;

export const exploreUsage = z
  .strictObject({
    meter: key.describe('Key of the meter.'),
    from: time.optional().describe('Default: 30 days before `to`. Begins with the interval it is in.'),
    to: time.optional().describe('Up to, and without, this time. Default: now.'),
    interval: z.enum(exploreIntervals).default('day'),
    timezone: z
      .string()
      .max(64)
      .regex(/^[A-Za-z0-9_+\-/]+$/, 'use a name such as Europe/Berlin')
      .refine(isTimezone, 'use a name of the IANA list, such as Europe/Berlin')
      .default('UTC')
      .describe('Where days and months begin.'),
    customer: customerReference.optional(),
    group_by: text
      .min(1)
      .max(40)
      .optional()
      .describe('`customer`, or a property that the meter lists under group_by.'),
    top: z.coerce
      .number()
      .int()
      .min(1)
      .max(50)
      .default(10)
      .describe('Of the groups, those with the most use.'),
  })
  .refine(endsInOrder, notInOrder);

const series = z
  .array(z.object({ start: timestamp, value: z.number() }))
  .describe('Intervals with events, in order.');
const sums = { value: z.number().describe('Of the whole range.'), events: z.int(), over_time: series };

export const usageExploration = z
  .object({
    meter: z.string(),
    aggregation: z.enum(aggregations),
    from: timestamp,
    to: timestamp,
    interval: z.enum(exploreIntervals),
    timezone: z.string(),
    ...sums,
    groups: z
      .array(
        z.object({ group: z.string().nullable().describe('Null: events without the property.'), ...sums }),
      )
      .describe('Those with the most use, the largest first. Empty without group_by.'),
    other: z.object(sums).nullable().describe('All other groups together. Null: there are none.'),
  })
  .meta({ id: 'UsageExploration' });
