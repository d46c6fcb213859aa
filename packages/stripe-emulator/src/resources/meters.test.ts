import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf } from '../test-client.ts';

const NOON = Date.parse('2026-03-10T12:00:00Z') / 1000;
const HOUR = 3600;

let emulator: Emulator;
let stripe: Stripe;
let customer: string;

beforeAll(async () => {
  emulator = await startEmulator({ now: () => NOON * 1000 });
  stripe = clientOf(emulator);
});
afterAll(() => emulator.close());
beforeEach(async () => {
  customer = (await stripe.customers.create({})).id;
});

function meter(name: string, formula: 'count' | 'last' | 'sum' = 'sum') {
  return stripe.billing.meters.create({
    display_name: name,
    event_name: name,
    default_aggregation: { formula },
  });
}

function report(name: string, value: string, own: Partial<Stripe.Billing.MeterEventCreateParams> = {}) {
  return stripe.billing.meterEvents.create({
    event_name: name,
    payload: { stripe_customer_id: customer, value },
    ...own,
  });
}

async function summary(id: string, start: number, end: number, window?: 'day' | 'hour'): Promise<number[]> {
  const found = await stripe.billing.meters.listEventSummaries(id, {
    customer,
    start_time: start,
    end_time: end,
    ...(window === undefined ? {} : { value_grouping_window: window }),
  });
  return found.data.map(({ aggregated_value: value }) => value);
}

describe('meters', () => {
  it.each([
    ['sum', 12],
    ['count', 3],
    ['last', 5],
  ] as const)('aggregate by %s', async (formula, expected) => {
    const { id } = await meter(`by_${formula}`, formula);
    await report(`by_${formula}`, '3', { timestamp: NOON - 300 });
    await report(`by_${formula}`, '5', { timestamp: NOON - 60 });
    await report(`by_${formula}`, '4', { timestamp: NOON - 120 });

    expect(await summary(id, NOON - HOUR, NOON)).toEqual([expected]);
  });

  it('count only the customer and the time asked for, start included and end not', async () => {
    const { id } = await meter('bounded');
    await report('bounded', '1', { timestamp: NOON - 3 * HOUR });
    await report('bounded', '10', { timestamp: NOON - HOUR });
    await report('bounded', '100', { timestamp: NOON });
    await report('bounded', '1000', {
      payload: { value: '1000', stripe_customer_id: (await stripe.customers.create({})).id },
    });

    expect(await summary(id, NOON - HOUR, NOON)).toEqual([10]);
    expect(await summary(id, NOON - 4 * HOUR, NOON + HOUR, 'hour')).toEqual([100, 10, 1]);
    await expect(summary(id, NOON + 1, NOON + HOUR)).rejects.toMatchObject({ param: 'start_time' });
  });

  it('have one active meter for an event name, and take no events once deactivated', async () => {
    const { id } = await meter('once');
    await expect(meter('once')).rejects.toMatchObject({ param: 'event_name' });
    await stripe.billing.meters.deactivate(id);

    await expect(report('once', '1')).rejects.toThrow('No active meter found for event name once.');
    expect((await stripe.billing.meters.list({ status: 'inactive' })).data).toMatchObject([{ id }]);
    expect((await stripe.billing.meters.reactivate(id)).status).toBe('active');
    expect((await stripe.billing.meters.update(id, { display_name: 'Renamed' })).display_name).toBe(
      'Renamed',
    );
  });
});

describe('meter events', () => {
  it('are counted once for an identifier, and a repeat is an error', async () => {
    const { id } = await meter('unique');
    await report('unique', '7', { identifier: 'minute-1' });

    await expect(report('unique', '7', { identifier: 'minute-1' })).rejects.toMatchObject({
      statusCode: 400,
      type: 'StripeInvalidRequestError',
      message: 'An event already exists with identifier minute-1.',
    });
    expect(await summary(id, NOON - 60, NOON + 60)).toEqual([7]);
  });

  it('may use an identifier again a day later, and both count', async () => {
    const own = await startEmulator();
    const client = clientOf(own);
    const { id: buyer } = await client.customers.create({});
    const { id } = await client.billing.meters.create({
      display_name: 'Daily',
      event_name: 'daily',
      default_aggregation: { formula: 'sum' },
    });
    const start = Math.floor(own.now() / 60) * 60;
    const send = () =>
      client.billing.meterEvents.create({
        event_name: 'daily',
        identifier: 'same',
        payload: { stripe_customer_id: buyer, value: '1' },
      });
    await send();
    own.advanceTo(own.now() + 25 * HOUR);
    await send();

    const found = await client.billing.meters.listEventSummaries(id, {
      customer: buyer,
      start_time: start,
      end_time: start + 26 * HOUR,
    });
    expect(found.data).toMatchObject([{ aggregated_value: 2 }]);
    await own.close();
  });

  it.each(['1.5', '1e3', '', 'many'])('refuse %j as a value', async (value) => {
    const name = `whole_${value === '' ? 'empty' : value.replaceAll('.', '_')}`;
    await meter(name);

    await expect(report(name, value)).rejects.toMatchObject({ code: 'meter_event_invalid_value' });
  });

  it('are taken back by an adjustment, once', async () => {
    const { id } = await meter('adjusted');
    await report('adjusted', '5', { identifier: 'adjust-1' });
    await report('adjusted', '7', { identifier: 'adjust-2' });
    const cancel = (identifier: string) =>
      stripe.billing.meterEventAdjustments.create({
        event_name: 'adjusted',
        type: 'cancel',
        cancel: { identifier },
      });

    expect(await cancel('adjust-1')).toMatchObject({ status: 'complete' });
    await expect(cancel('adjust-1')).rejects.toMatchObject({ statusCode: 400 });
    const day = Math.floor(NOON / 86_400) * 86_400;
    const { data } = await stripe.billing.meters.listEventSummaries(id, {
      customer,
      start_time: day,
      end_time: day + 86_400,
    });
    expect(data).toMatchObject([{ aggregated_value: 7 }]);
  });

  it('refuse a time too far away and a customer that does not exist', async () => {
    await meter('strict');

    await expect(report('strict', '1', { timestamp: NOON - 36 * 86_400 })).rejects.toMatchObject({
      code: 'timestamp_too_far_in_past',
    });
    await expect(report('strict', '1', { timestamp: NOON + 301 })).rejects.toMatchObject({
      code: 'timestamp_in_future',
    });
    await expect(
      report('strict', '1', { payload: { value: '1', stripe_customer_id: 'cus_nobody' } }),
    ).rejects.toMatchObject({
      code: 'meter_event_customer_not_found',
    });
  });
});
