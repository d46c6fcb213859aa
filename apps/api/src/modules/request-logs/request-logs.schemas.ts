import { z } from 'zod';
import { endsInOrder, notInOrder, pageOf, pageQuery, text, timestamp } from '../../platform/http/schemas.ts';
import { customerReference } from '../customers/customers.schemas.ts';

export const batchMax = 1_000;
export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
export const intervals = ['minute', 'hour', 'day', 'month'] as const;
export type Interval = (typeof intervals)[number];
export const groups = ['endpoint', 'customer', 'project', 'key'] as const;

export const loggedCall = z
  .strictObject({
    endpoint: text
      .min(1)
      .max(2_000)
      .describe('Path of the call. What names one thing is counted as :id, the query is left out.'),
    method: z.enum(methods),
    status_code: z.int().min(100).max(599),
    response_time_ms: z.number().min(0).max(86_400_000),
    timestamp: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('When it was answered, at most 24 hours ago. Default: now.'),
    key: text.min(1).max(100).optional().describe('`key_id` of the verification; says customer and project.'),
    customer: customerReference.optional(),
    project: text.min(1).max(100).optional(),
    idempotency_key: text
      .min(1)
      .max(255)
      .optional()
      .describe('Kept when repeating: the call is logged once per key, for 48 hours.'),
  })
  .meta({ id: 'LoggedCall' });
export type LoggedCall = z.output<typeof loggedCall>;

const batch = z
  .strictObject({
    requests: z
      // Each is checked on its own, so that a bad one does not touch its neighbours.
      .array(z.unknown().meta({ allOf: [{ $ref: '#/components/schemas/LoggedCall' }] }))
      .min(1)
      .max(batchMax),
  })
  .meta({ id: 'LoggedCallBatch' });
export const trackBody = z.union([loggedCall, batch]);

const logged = z
  .object({
    id: z.string(),
    status: z.enum(['accepted', 'duplicate']).describe('duplicate: it was logged before, and not again.'),
  })
  .meta({ id: 'CallLogged' });
const loggedBatch = z
  .object({
    results: z
      .array(
        z.object({
          id: z.string().nullable(),
          status: z.enum(['accepted', 'duplicate', 'rejected']),
          error: z
            .object({ code: z.string(), message: z.string(), param: z.string().optional() })
            .nullable()
            .describe('Why it was rejected.'),
        }),
      )
      .describe('One for each call, in the order given.'),
  })
  .meta({ id: 'CallsLogged' });
export const trackAnswer = z.union([logged, loggedBatch]);
export type Logged = z.output<typeof logged>;
export type LoggedItem = z.output<typeof loggedBatch>['results'][number];

const requestLog = z
  .object({
    id: z.string(),
    endpoint: z.string(),
    method: z.string(),
    status_code: z.int(),
    response_time_ms: z.number(),
    timestamp,
    customer: z.string().nullable(),
    project: z.string().nullable(),
    key: z.string().nullable(),
  })
  .meta({ id: 'RequestLog' });
export const requestLogPage = pageOf(requestLog).meta({ id: 'RequestLogList' });

const time = z.iso.datetime({ offset: true }).transform((value) => new Date(value));
const filters = {
  customer: customerReference.optional(),
  project: text.min(1).max(100).optional(),
  key: text.min(1).max(100).optional(),
  endpoint: text.min(1).max(200).optional().describe('As it is counted, such as /users/:id.'),
  method: z.enum(methods).optional(),
};
const requestsQuery = pageQuery.extend({
  ...filters,
  status: z.enum(['1xx', '2xx', '3xx', '4xx', '5xx']).optional(),
  from: time.optional(),
  to: time.optional().describe('Up to, and without, this time.'),
});
export const listRequests = requestsQuery.refine(endsInOrder, notInOrder);
export const exportRequests = requestsQuery
  .omit({ limit: true, cursor: true })
  .extend({ format: z.enum(['csv', 'json']).default('csv').describe('json: one object in each line.') })
  .refine(endsInOrder, notInOrder);

export const summaryQuery = z
  .strictObject({
    ...filters,
    from: time.optional().describe('Default: 24 hours before `to`. Begins with the interval it is in.'),
    to: time.optional().describe('Default: now.'),
    interval: z.enum(intervals).default('hour'),
    group_by: z.enum(groups).default('endpoint').describe('What `top` lists.'),
  })
  .refine(endsInOrder, notInOrder);

const totals = {
  calls: z.int(),
  errors_4xx: z.int(),
  errors_5xx: z.int(),
  rate_4xx: z.number().describe('Share of the calls, 0 to 1.'),
  rate_5xx: z.number(),
  mean_ms: z.number().nullable(),
  p50_ms: z.number().nullable().describe('Percentiles are at most 1 % from the exact ones.'),
  p95_ms: z.number().nullable(),
  p99_ms: z.number().nullable(),
  max_ms: z.number().nullable(),
};
export const requestsSummary = z
  .object({
    from: timestamp,
    to: timestamp,
    interval: z.enum(intervals),
    totals: z.object(totals),
    over_time: z.array(z.object({ start: timestamp, ...totals })).describe('Intervals with calls, in order.'),
    top: z
      .array(z.object({ value: z.string().nullable(), ...totals }))
      .describe('The 20 with the most calls.'),
  })
  .meta({ id: 'RequestsSummary' });

export const requestLogSettings = z
  .object({ retention_days: z.int().describe('How long single calls are kept. Sums by day: 400 days.') })
  .meta({ id: 'RequestLogSettings' });
export const updateRequestLogSettings = z.strictObject({
  retention_days: z.union([z.literal(7), z.literal(30), z.literal(90)]),
});
