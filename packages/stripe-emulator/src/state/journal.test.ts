import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf, customerWithCard } from '../test-client.ts';

let folder: string;
let emulator: Emulator;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stripe-emulator-'));
  emulator = await startEmulator({ dataFolder: folder });
});
afterEach(async () => {
  await emulator.close();
  rmSync(folder, { recursive: true });
});

async function restart(): Promise<Stripe> {
  await emulator.close();
  emulator = await startEmulator({ dataFolder: folder });
  return clientOf(emulator);
}

describe('with a data folder', () => {
  it('everything is as it was after a restart', async () => {
    const before = clientOf(emulator);
    const customer = await customerWithCard(before);
    const price = await before.prices.create({
      currency: 'usd',
      unit_amount_decimal: Stripe.Decimal.from('0.5'),
      metadata: { unit_amount_decimal: '1.50', $decimal: 'kept' },
      recurring: { interval: 'month' },
      product_data: { name: 'P' },
    });
    const subscription = await before.subscriptions.create(
      { customer: customer.id, items: [{ price: price.id, quantity: 9 }] },
      { idempotencyKey: 'k-1' },
    );
    await before.customers.del((await before.customers.create({ name: 'Deleted' })).id);
    const counts = emulator.counts();

    const after = await restart();

    expect(emulator.counts()).toEqual(counts);
    expect(await after.subscriptions.retrieve(subscription.id)).toMatchObject({ status: 'active' });
    const restored = await after.prices.retrieve(price.id);
    expect(restored.metadata).toEqual({ unit_amount_decimal: '1.50', $decimal: 'kept' });
    expect(restored.unit_amount_decimal?.toString()).toBe('0.5');
    const replayed = await after.subscriptions.create(
      { customer: customer.id, items: [{ price: price.id, quantity: 9 }] },
      { idempotencyKey: 'k-1' },
    );
    expect(replayed.id).toBe(subscription.id);
    expect(replayed.lastResponse.headers['idempotent-replayed']).toBe('true');
  });

  it('lists keep their order, also of what changed since', async () => {
    const before = clientOf(emulator);
    const first = await before.customers.create({ name: 'first' });
    const second = await before.customers.create({ name: 'second' });
    await before.customers.update(first.id, { name: 'first, renamed' });

    const after = await restart();

    expect((await after.customers.list()).data.map(({ id }) => id)).toEqual([second.id, first.id]);
  });

  it('time that was moved forward stays there', async () => {
    const later = emulator.now() + 1_000_000;
    emulator.advanceTo(later);
    await restart();

    expect(emulator.now()).toBeGreaterThanOrEqual(later);
  });

  it('a line that a crash cut short is dropped', async () => {
    const { id } = await clientOf(emulator).customers.create({});
    await emulator.close();
    appendFileSync(
      join(folder, 'journal.jsonl'),
      '[{"dataset":"test/platform","kind":"customer","id":"cus_torn"',
    );

    const after = await restart();

    expect((await after.customers.list()).data.map((customer) => customer.id)).toEqual([id]);
    expect(readFileSync(join(folder, 'journal.jsonl'), 'utf8')).not.toContain('cus_torn');
  });
});
