import { invalid } from '../http/errors.ts';
import { page, pageFields } from '../http/pagination.ts';
import { oneOf, required, shape, text } from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import type { Event, Meter } from '../state/tables.ts';

const createFields = {
  customer_mapping: shape({ event_payload_key: required(text), type: required(oneOf('by_id')) }),
  default_aggregation: required(shape({ formula: required(oneOf('count', 'last', 'sum')) })),
  display_name: required(text),
  event_name: required(text),
  event_time_window: oneOf('day', 'hour'),
  value_settings: shape({ event_payload_key: required(text) }),
};

export const meterRoutes = [
  route('POST', '/v1/billing/meters', createFields, (context, params) => {
    if (meterNamed(context, params.event_name) !== undefined) {
      throw invalid(
        `There is already an active meter with event_name '${params.event_name}'.`,
        'event_name',
        'resource_already_exists',
      );
    }
    const meter: Meter = {
      id: newId('mtr'),
      object: 'billing.meter',
      created: context.now,
      customer_mapping: params.customer_mapping ?? { event_payload_key: 'stripe_customer_id', type: 'by_id' },
      default_aggregation: params.default_aggregation,
      display_name: params.display_name,
      event_name: params.event_name,
      event_time_window: params.event_time_window ?? null,
      livemode: context.livemode,
      status: 'active',
      status_transitions: { deactivated_at: null },
      updated: context.now,
      value_settings: params.value_settings ?? { event_payload_key: 'value' },
    };
    context.data.put('billing.meter', meter);
    context.emit('billing.meter.created', meter);
    return meter;
  }),
  route(
    'GET',
    '/v1/billing/meters',
    { ...pageFields, status: oneOf('active', 'inactive') },
    ({ data }, params) =>
      page(
        data.all('billing.meter'),
        params,
        '/v1/billing/meters',
        (meter) => params.status === undefined || meter.status === params.status,
      ),
  ),
  route('GET', '/v1/billing/meters/:id', {}, (context, _params, { id }) => context.find('billing.meter', id)),
  route('POST', '/v1/billing/meters/:id', { display_name: text }, (context, params, { id }) => {
    const before = context.find('billing.meter', id);
    return change(
      context,
      before,
      { display_name: params.display_name ?? before.display_name },
      'billing.meter.updated',
    );
  }),
  route('POST', '/v1/billing/meters/:id/deactivate', {}, (context, _params, { id }) => {
    const meter = context.find('billing.meter', id);
    if (meter.status === 'inactive') throw invalid('This meter is already inactive.', 'id');
    const changes = { status: 'inactive', status_transitions: { deactivated_at: context.now } };
    return change(context, meter, changes, 'billing.meter.deactivated');
  }),
  route('POST', '/v1/billing/meters/:id/reactivate', {}, (context, _params, { id }) => {
    const meter = context.find('billing.meter', id);
    if (meter.status === 'active') throw invalid('This meter is already active.', 'id');
    const changes = { status: 'active', status_transitions: { deactivated_at: null } };
    return change(context, meter, changes, 'billing.meter.reactivated');
  }),
];

/** The active meter that counts events of this name. */
export function meterNamed(context: Context, eventName: string): Meter | undefined {
  return [...context.data.all('billing.meter')].find(
    (meter) => meter.event_name === eventName && meter.status === 'active',
  );
}

function change(context: Context, before: Meter, changes: Partial<Meter>, event: Event['type']): Meter {
  const after = { ...before, ...changes, updated: context.now };
  context.data.put('billing.meter', after);
  context.emit(event, after);
  return after;
}
