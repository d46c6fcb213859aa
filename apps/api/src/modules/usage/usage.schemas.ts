import { z } from 'zod';
import {
  endsInOrder,
  key,
  notInOrder,
  pageOf,
  pageQuery,
  text,
  timestamp,
} from '../../platform/http/schemas.ts';
import { customerReference } from '../customers/customers.schemas.ts';

export const time = z.iso.datetime({ offset: true }).transform((value) => new Date(value));

export const batchMax = 1_000;
const valueMax = 999_999_999_999_999;
const significantDigitsMax = 15;
const decimalsMax = 12;

/** Exact in a double and in Postgres alike: 0.1 and 999999999999999 are, 1e308 and 0.1234567890123456 are not. */
function isExactQuantity(value: number): boolean {
  // The shortest text that means this number: toFixed would show the noise of its binary fraction as decimals.
  const [digits = '', exponent = '0'] = String(value).split('e');
  const decimals = (digits.split('.')[1]?.length ?? 0) - Number(exponent);
  return Number(value.toPrecision(significantDigitsMax)) === value && decimals <= decimalsMax;
}

/** A finite number from 0 that is exact wherever it goes. */
export const quantity = z
  .number()
  .min(0)
  .max(valueMax)
  .refine(isExactQuantity, `at most ${significantDigitsMax} significant digits and ${decimalsMax} decimals`);

export const eventProperties = z
  .record(text.min(1).max(40), z.union([text.max(500), z.number(), z.boolean()]))
  .refine((properties) => Object.keys(properties).length <= 50, 'at most 50 properties');

export const usageEvent = z
  .strictObject({
    idempotency_key: text
      .min(1)
      .max(255)
      .describe(
        'Made by you before the first attempt, and kept when repeating: the event counts once per key.',
      ),
    customer: customerReference.describe(
      'Your own id of the customer, or ours. Your own is created when first seen.',
    ),
    meter: key.describe('Key of the meter.'),
    value: quantity.describe('How much was used.'),
    occurred_at: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('When it was used; decides the billing period. Default: now.'),
    properties: eventProperties.optional(),
  })
  .meta({ id: 'UsageEvent' });
export type UsageEvent = z.output<typeof usageEvent>;

const usageBatch = z
  .strictObject({
    events: z
      // Each is checked on its own, so that a bad one does not touch its neighbours.
      .array(z.unknown().meta({ allOf: [{ $ref: '#/components/schemas/UsageEvent' }] }))
      .min(1)
      .max(batchMax),
  })
  .meta({ id: 'UsageBatch' });

export const trackBody = z.union([usageEvent, usageBatch]);

const itemError = z.object({ code: z.string(), message: z.string(), param: z.string().optional() });

const tracked = z
  .object({
    late: z
      .boolean()
      .describe(
        'It came for a period that was closed, and counts in the one that is open: on the next invoice.',
      ),
    id: z.string(),
    idempotency_key: z.string(),
    status: z.enum(['accepted', 'duplicate']).describe('duplicate: it was counted before, and not again.'),
  })
  .meta({ id: 'TrackedEvent' });

const trackedBatch = z
  .object({
    results: z
      .array(
        z.object({
          idempotency_key: z.string().nullable(),
          status: z.enum(['accepted', 'duplicate', 'rejected']),
          id: z.string().nullable(),
          late: z.boolean(),
          error: itemError.nullable().describe('Why it was rejected.'),
        }),
      )
      .describe('One for each event, in the order given.'),
  })
  .meta({ id: 'TrackedBatch' });

export const trackAnswer = z.union([tracked, trackedBatch]);
export type Tracked = z.output<typeof tracked>;
export type TrackedItem = z.output<typeof trackedBatch>['results'][number];

const usageRecord = z
  .object({
    id: z.string(),
    customer: z.object({ id: z.string(), external_id: z.string().nullable() }),
    meter: z.string(),
    period_start: timestamp,
    period_end: timestamp,
    value: z.number(),
    event_count: z.int(),
    updated_at: timestamp,
  })
  .meta({ id: 'UsageRecord' });
export const usageRecordPage = pageOf(usageRecord).meta({ id: 'UsageRecordList' });
export const listUsage = pageQuery.extend({
  customer: customerReference.optional(),
  meter: key.optional(),
});

export const usageSummary = z
  .object({
    events_total: z.int(),
    by_day: z
      .array(z.object({ date: z.iso.date(), events: z.int() }))
      .describe('Every day of the range, in UTC.'),
  })
  .meta({ id: 'UsageSummary' });
export const summaryQuery = z.strictObject({ days: z.coerce.number().int().min(1).max(90).default(30) });

const correctionKey = text
  .min(1)
  .max(255)
  .describe('Made by you before the first attempt, and kept when repeating: it counts once per key.');
const correctionReason = text.trim().min(1).max(500).describe('Why: kept with the event.');

const adjustment = z
  .strictObject({
    idempotency_key: correctionKey,
    customer: customerReference,
    meter: key.describe('Key of the meter.'),
    value: z
      .number()
      .min(-valueMax)
      .max(valueMax)
      .refine((value) => value !== 0, 'must not be 0')
      .refine(
        (value) => isExactQuantity(Math.abs(value)),
        `at most ${significantDigitsMax} significant digits and ${decimalsMax} decimals`,
      )
      .describe(
        'What to add to the total; below 0, what to take off. Of a meter that counts, how many events.',
      ),
    reason: correctionReason,
    occurred_at: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('Decides the billing period, as of an event. Default: now.'),
  })
  .describe('Of a meter that counts or sums.')
  .meta({ id: 'UsageAdjustment' });
export type UsageAdjustment = z.output<typeof adjustment>;

const retraction = z
  .strictObject({
    idempotency_key: correctionKey,
    event: text.min(1).max(255).describe('Id of the event that is taken back.'),
    reason: correctionReason,
  })
  .describe('Of a meter of the highest, the distinct or the latest values, while the period takes events.')
  .meta({ id: 'UsageRetraction' });
export type UsageRetraction = z.output<typeof retraction>;

export const correction = z.union([adjustment, retraction]).meta({ id: 'UsageCorrection' });
export type UsageCorrection = z.output<typeof correction>;
export const corrected = tracked;

export const listEvents = pageQuery
  .extend({
    status: z
      .enum(['accepted', 'late', 'corrected', 'uncounted', 'rejected'])
      .default('accepted')
      .describe(
        'accepted: all that were stored. uncounted: of these, what the meter does not count, and why. rejected: what was not stored, and why; the newest are kept.',
      ),
    meter: key.optional().describe('Key of the meter.'),
    customer: customerReference
      .optional()
      .describe('Your own id of the customer, or ours. Of what was rejected: as the event named it.'),
    from: time.optional().describe('Occurred from then on; of what was rejected: received. Needs customer.'),
    to: time.optional().describe('Up to, and without, this time. Needs customer.'),
  })
  // The events of a customer can be found by their time, those of everybody only by when they came.
  .refine(({ from, to, customer }) => customer !== undefined || (from === undefined && to === undefined), {
    error: 'name a customer, too: events are found by time for one customer',
    path: ['customer'],
  })
  .refine(endsInOrder, notInOrder);
const usageEventEntry = z
  .object({
    id: z.string(),
    status: z.enum(['accepted', 'late', 'corrected', 'uncounted', 'rejected']),
    idempotency_key: z.string().nullable(),
    customer: z
      .string()
      .nullable()
      .describe(
        'Your own id of the customer, or ours if there is none. Of what was rejected: as the event named it.',
      ),
    meter: z.string().nullable(),
    value: z.number().nullable(),
    occurred_at: timestamp.nullable(),
    received_at: timestamp,
    period_start: timestamp.nullable(),
    properties: z.record(z.string(), z.unknown()).nullable(),
    code: z.string().nullable().describe('Of one that is rejected or uncounted: why.'),
    reason: z.string().nullable().describe('Why it was rejected, not counted, or corrected.'),
  })
  .meta({ id: 'UsageEventEntry' });
export type UsageEventEntry = z.input<typeof usageEventEntry>;
export const usageEventPage = pageOf(usageEventEntry).meta({ id: 'UsageEventList' });
