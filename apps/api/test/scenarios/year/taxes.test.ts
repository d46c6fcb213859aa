import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Story, startYear, type Year } from '../../fixtures/year.ts';

let year: Year;
beforeAll(async () => {
  year = await startYear();
});
afterAll(() => year.close());

/** Makes a Stripe tax rate that is put on everything sold from now on. */
async function taxed({ tenant }: Story, percentage: number, inclusive: boolean): Promise<void> {
  const { stripe, account } = await year.stack.stripeOf(tenant);
  const rate = await stripe.taxRates.create(
    { display_name: 'VAT', percentage, inclusive },
    { stripeAccount: account },
  );
  const { status } = await tenant.asOwner('PATCH', 'subscription-settings', { tax_rates: [rate.id] });
  expect(status).toBe(200);
}

describe('tax', () => {
  it('on top of the price is charged with it, and is no revenue', async () => {
    const story = await year.begin();
    await taxed(story, 20, false);
    const ada = await story.customer('ada');

    await story.subscribe(ada, { plan: 'starter', interval: 'month' });

    await story.day(30, 2);
    // 3,000 and 20 %.
    expect(await story.invoiced(ada)).toEqual([
      [3_600, 3_600, 'paid'],
      [3_600, 3_600, 'paid'],
    ]);
    expect(await story.monthly()).toEqual({ usd: 3_000 });
  });

  it('within the price changes nothing about what is charged', async () => {
    const story = await year.begin();
    await taxed(story, 20, true);
    const ada = await story.customer('ada');

    await story.subscribe(ada, { plan: 'starter', interval: 'month' });

    expect(await story.invoiced(ada)).toEqual([[3_000, 3_000, 'paid']]);
  });

  it('is in the preview of an upgrade as in its charge', async () => {
    const story = await year.begin();
    await taxed(story, 20, false);
    const ada = await story.customer('ada');
    const { id } = await story.subscribe(ada, { plan: 'starter', interval: 'month' });
    await story.day(15);

    const preview = await story.post(`subscriptions/${id}/preview-change`, { plan: 'pro' });
    await story.post(`subscriptions/${id}/change`, { plan: 'pro', proration_at: preview.proration_at });

    // 15 days of 300 less 15 of 100 are 3,000, and 20 %.
    expect(preview.due_now).toMatchObject({ tax: { amount: 600 }, total: { amount: 3_600 } });
    expect((await story.invoiced(ada)).at(-1)).toEqual([3_600, 3_600, 'paid']);
  });

  it('stays through a downgrade at the end of the period', async () => {
    const story = await year.begin();
    await taxed(story, 10, false);
    const ada = await story.customer('ada');
    const { id } = await story.subscribe(ada, { plan: 'pro', interval: 'month' });

    await story.post(`subscriptions/${id}/change`, { plan: 'starter' });

    await story.day(30, 2);
    expect((await story.invoiced(ada)).map(([total]) => total)).toEqual([9_900, 3_300]);
  });

  it('is computed by Stripe when the environment says so', async () => {
    const story = await year.begin();
    await story.tenant.asOwner('PATCH', 'subscription-settings', { automatic_tax: true });
    const ada = await story.customer('ada');

    const { stripe_subscription_id: id } = await story.subscribe(ada, { plan: 'starter', interval: 'month' });

    const { stripe, account } = await year.stack.stripeOf(story.tenant);
    const subscription = await stripe.subscriptions.retrieve(id, {}, { stripeAccount: account });
    expect(subscription.automatic_tax.enabled).toBe(true);
  });
});
