import { invalid } from '../http/errors.ts';
import { page, pageFields } from '../http/pagination.ts';
import { required, text, whole } from '../http/params.ts';
import { route } from '../http/route.ts';
import { letPass } from '../advance.ts';
import { newId } from '../state/ids.ts';
import type { TestClock } from '../state/tables.ts';
import { deleteCustomer } from './customers.ts';

const URL = '/v1/test_helpers/test_clocks';
const KEPT_FOR_SECONDS = 30 * 86_400;

/** Clocks of their own for customers: time stands still for them until it is advanced. */
export const testClockRoutes = [
  route('POST', URL, { frozen_time: required(whole), name: text }, (context, params) => {
    if (context.livemode) throw invalid('Test clocks are available in test mode only.', 'frozen_time');
    const clock: TestClock = {
      id: newId('clock'),
      object: 'test_helpers.test_clock',
      created: context.now,
      deleted: undefined,
      deletes_after: context.now + KEPT_FOR_SECONDS,
      frozen_time: params.frozen_time,
      livemode: context.livemode,
      name: params.name ?? null,
      status: 'ready',
      status_details: {},
    };
    context.data.put('test_helpers.test_clock', clock);
    context.emit('test_helpers.test_clock.created', clock);
    return clock;
  }),
  route('GET', URL, pageFields, ({ data }, params) => page(data.all('test_helpers.test_clock'), params, URL)),
  route('GET', `${URL}/:id`, {}, (context, _params, { id }) => context.find('test_helpers.test_clock', id)),
  route('POST', `${URL}/:id/advance`, { frozen_time: required(whole) }, (context, params, { id }) => {
    const clock = context.find('test_helpers.test_clock', id);
    if (params.frozen_time <= clock.frozen_time)
      throw invalid('You can only advance a test clock to a time in its future.', 'frozen_time');
    const advancing: TestClock = {
      ...clock,
      status: 'advancing',
      status_details: { advancing: { target_frozen_time: params.frozen_time } },
    };
    context.emit('test_helpers.test_clock.advancing', advancing);
    letPass(context, id, params.frozen_time);
    const ready: TestClock = { ...clock, frozen_time: params.frozen_time };
    context.data.put('test_helpers.test_clock', ready);
    context.emit('test_helpers.test_clock.ready', ready);
    // As with Stripe the answer says that it has begun; here it has ended by the time one asks again.
    return advancing;
  }),
  route('DELETE', `${URL}/:id`, {}, (context, _params, { id }) => {
    const clock = context.find('test_helpers.test_clock', id);
    for (const customer of [...context.data.all('customer')]) {
      if (customer.test_clock === id) deleteCustomer(context, customer.id);
    }
    context.data.remove('test_helpers.test_clock', id);
    context.emit('test_helpers.test_clock.deleted', clock);
    return { id, object: 'test_helpers.test_clock', deleted: true };
  }),
];
