import type Stripe from 'stripe';
import { aggregate } from '../billing/usage.ts';
import { invalid } from '../http/errors.ts';
import { page, pageFields } from '../http/pagination.ts';
import { oneOf, required, shape, text, whole, words } from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import type { MeterEvent, MeterEventSummary, MeterReading } from '../state/tables.ts';
import { meterNamed } from './meters.ts';

const PAST_MAX_SECONDS = 35 * 24 * 3600;
const FUTURE_MAX_SECONDS = 5 * 60;
/** Stripe promises at least a day; longer than that a repeat may be counted again. */
const UNIQUE_FOR_SECONDS = 24 * 3600;

const eventFields = {
  event_name: required(text),
  payload: required(words),
  identifier: text,
  timestamp: whole,
};
const adjustmentFields = {
  cancel: required(shape({ identifier: required(text) })),
  event_name: required(text),
  type: required(oneOf('cancel')),
};
const summaryFields = {
  ...pageFields,
  customer: required(text),
  start_time: required(whole),
  end_time: required(whole),
  value_grouping_window: oneOf('day', 'hour'),
};

export const meterEventRoutes = [
  route('POST', '/v1/billing/meter_events', eventFields, (context, params) => {
    const identifier = params.identifier ?? newId('mevt');
    const timestamp = params.timestamp ?? context.now;
    context.data.put('_reading', reading(context, { ...params, identifier, timestamp }));
    context.data.put('_identifier', { id: identifier, received: context.now });
    const event: MeterEvent = {
      object: 'billing.meter_event',
      created: context.now,
      event_name: params.event_name,
      identifier,
      livemode: context.livemode,
      payload: params.payload,
      timestamp,
    };
    return event;
  }),
  route('POST', '/v1/billing/meter_event_adjustments', adjustmentFields, (context, params) => {
    const { identifier } = params.cancel;
    const known = context.data.get('_identifier', identifier);
    const counted = [...context.data.all('_reading')].find((found) => found.identifier === identifier);
    if (known === undefined || counted === undefined)
      throw invalid(
        `No event with identifier ${identifier} was found.`,
        'cancel[identifier]',
        'resource_missing',
      );
    if (known.received < context.now - UNIQUE_FOR_SECONDS)
      throw invalid('An event can be cancelled within 24 hours of its receipt.', 'cancel[identifier]');
    context.data.remove('_reading', counted.id);
    const adjustment: Stripe.Billing.MeterEventAdjustment = {
      object: 'billing.meter_event_adjustment',
      cancel: { identifier },
      event_name: params.event_name,
      livemode: context.livemode,
      status: 'complete',
      type: 'cancel',
    };
    return adjustment;
  }),
  route('GET', '/v1/billing/meters/:id/event_summaries', summaryFields, (context, params, { id }) => {
    const meter = context.find('billing.meter', id);
    const { start_time: start, end_time: end, value_grouping_window: window } = params;
    const step = window === 'day' ? 86_400 : window === 'hour' ? 3600 : 60;
    if (start % step !== 0)
      throw invalid(`The start_time must be aligned with a ${window ?? 'minute'} boundary.`, 'start_time');
    if (end % step !== 0)
      throw invalid(`The end_time must be aligned with a ${window ?? 'minute'} boundary.`, 'end_time');
    if (end <= start) throw invalid('The end_time must be after the start_time.', 'end_time');
    const readings = readingsOf(context, id, params.customer);
    const summary = (from: number, to: number): MeterEventSummary => ({
      id: `mtrusg_${id}_${params.customer}_${from}_${to}`,
      object: 'billing.meter_event_summary',
      aggregated_value: aggregate(readings, meter.default_aggregation.formula, from, to),
      end_time: to,
      livemode: context.livemode,
      meter: id,
      start_time: from,
    });
    const windows = window === undefined ? [summary(start, end)] : [];
    for (let from = start; window !== undefined && from < end; from += step) {
      if (readings.some(({ timestamp }) => timestamp >= from && timestamp < from + step)) {
        windows.push(summary(from, from + step));
      }
    }
    return page(windows, params, `/v1/billing/meters/${id}/event_summaries`);
  }),
];

/** Everything counted for a customer by a meter. */
export function readingsOf(context: Context, meter: string, customer: string): MeterReading[] {
  return context.data.of('_reading', customer).filter((found) => found.meter === meter);
}

/** The event as it counts. Stripe finds a bad customer or value later and reports it; here it is refused. */
function reading(
  context: Context,
  event: { event_name: string; payload: Record<string, string>; identifier: string; timestamp: number },
): MeterReading {
  const meter = meterNamed(context, event.event_name);
  if (meter === undefined)
    throw invalid(`No active meter found for event name ${event.event_name}.`, 'event_name');
  const earlier = context.data.get('_identifier', event.identifier);
  if (earlier !== undefined && earlier.received > context.now - UNIQUE_FOR_SECONDS) {
    throw invalid(`An event already exists with identifier ${event.identifier}.`, 'identifier');
  }
  if (event.timestamp < context.now - PAST_MAX_SECONDS) {
    throw invalid(
      'The timestamp is too far in the past. It must be within the past 35 calendar days.',
      'timestamp',
      'timestamp_too_far_in_past',
    );
  }
  if (event.timestamp > context.now + FUTURE_MAX_SECONDS) {
    throw invalid(
      'The timestamp is too far in the future. It must be at most 5 minutes in the future.',
      'timestamp',
      'timestamp_in_future',
    );
  }
  const customerKey = meter.customer_mapping.event_payload_key;
  const customer = event.payload[customerKey];
  if (customer === undefined)
    throw invalid(
      `Missing ${customerKey} in the payload.`,
      `payload[${customerKey}]`,
      'meter_event_no_customer_defined',
    );
  if (context.data.get('customer', customer) === undefined) {
    throw invalid(
      `No such customer: '${customer}'`,
      `payload[${customerKey}]`,
      'meter_event_customer_not_found',
    );
  }
  const valueKey = meter.value_settings.event_payload_key;
  const value = event.payload[valueKey] ?? (meter.default_aggregation.formula === 'count' ? '1' : '');
  if (!/^-?\d{1,15}$/.test(value)) {
    throw invalid(
      `The value in the payload must be a whole number: '${value}'`,
      `payload[${valueKey}]`,
      'meter_event_invalid_value',
    );
  }
  const { identifier } = event;
  return {
    id: newId('mread'),
    identifier,
    meter: meter.id,
    customer,
    value: Number(value),
    timestamp: event.timestamp,
  };
}
