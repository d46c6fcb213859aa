import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
});
afterAll(() => emulator.close());

describe('connecting an account', () => {
  it('is done by its owner on the hosted page, which returns to the platform', async () => {
    const account = await stripe.accounts.create({ type: 'standard', email: 'owner@example.com' });
    const link = await stripe.accountLinks.create({
      account: account.id,
      type: 'account_onboarding',
      return_url: 'https://platform.example/return',
      refresh_url: 'https://platform.example/refresh',
    });
    expect(account).toMatchObject({
      charges_enabled: false,
      payouts_enabled: false,
      details_submitted: false,
    });
    expect(await (await fetch(link.url)).text()).toContain('Complete onboarding');

    const done = await fetch(link.url, { method: 'POST', redirect: 'manual' });

    expect(done.headers.get('location')).toBe('https://platform.example/return');
    expect(await stripe.accounts.retrieve(account.id)).toMatchObject({
      charges_enabled: true,
      payouts_enabled: true,
      details_submitted: true,
      requirements: { currently_due: [] },
    });
    const events = await clientOf(emulator, { account: account.id }).events.list({ type: 'account.updated' });
    expect(events.data[0]).toMatchObject({
      account: account.id,
      data: {
        object: { id: account.id, charges_enabled: true },
        previous_attributes: { charges_enabled: false },
      },
    });
  });

  it('asks for a new link when one was used or is too old', async () => {
    const { id } = await stripe.accounts.create({ type: 'express' });
    const params = {
      account: id,
      type: 'account_onboarding',
      return_url: 'https://p.example/r',
      refresh_url: 'https://p.example/again',
    } as const;
    const used = await stripe.accountLinks.create(params);
    await fetch(used.url, { method: 'POST', redirect: 'manual' });
    const old = await stripe.accountLinks.create(params);
    emulator.advanceTo(old.expires_at);

    for (const { url } of [used, old]) {
      expect((await fetch(url, { redirect: 'manual' })).headers.get('location')).toBe(
        'https://p.example/again',
      );
    }
  });

  it('leaves an account to itself and its platform', async () => {
    const own = await stripe.accounts.create({ type: 'standard' });
    const other = await stripe.accounts.create({ type: 'standard' });
    const asOwn = clientOf(emulator, { account: own.id });

    expect((await asOwn.accounts.retrieveCurrent()).id).toBe(own.id);
    await expect(asOwn.accounts.retrieve(other.id)).rejects.toMatchObject({ statusCode: 403 });
  });

  it('ends when the account is deleted', async () => {
    const { id } = await stripe.accounts.create({ type: 'standard' });
    expect(await stripe.accounts.del(id)).toEqual(expect.objectContaining({ id, deleted: true }));

    await expect(clientOf(emulator, { account: id }).customers.list()).rejects.toMatchObject({
      statusCode: 403,
    });
  });
});
