import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
});
afterAll(() => emulator.close());

it('reads answer as they did at a moment that was remembered, while writes go on', async () => {
  const { id } = await stripe.customers.create({ name: 'Ada' });
  const moment = emulator.remember();
  await stripe.customers.update(id, { name: 'Grace' });
  const other = await stripe.customers.create({ name: 'Alan' });

  emulator.recall(moment);
  expect((await stripe.customers.list()).data).toMatchObject([{ id, name: 'Ada' }]);
  await expect(stripe.customers.retrieve(other.id)).rejects.toMatchObject({ statusCode: 404 });
  await stripe.customers.update(id, { email: 'grace@example.com' });
  emulator.recall(null);
  expect(await stripe.customers.retrieve(id)).toMatchObject({ name: 'Grace', email: 'grace@example.com' });
});
