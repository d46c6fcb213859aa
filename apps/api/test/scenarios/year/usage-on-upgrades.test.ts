import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sellByUse, type Story, startYear, type Year } from '../../fixtures/year.ts';

let year: Year;
beforeAll(async () => {
  year = await startYear();
});
afterAll(() => year.close());

/** Somebody on Starter, of whose 1,000 calls 800 are used on day ten. The subscription's id. */
async function used800({ customer, subscribe, post, day }: Story): Promise<string> {
  const ada = await customer('ada');
  const { id } = await subscribe(ada, { plan: 'starter', interval: 'month' });
  await day(10);
  await post('usage/track', { idempotency_key: 'used', customer: ada, meter: 'calls', value: 800 });
  return id;
}

const consume = (story: Story, key: string, quantity: number) =>
  story.post('entitlements/consume', { idempotency_key: key, customer: 'ada', feature: 'calls', quantity });

describe('an upgrade', () => {
  it('leaves what was used, which counts against the new limit', async () => {
    const story = await year.begin();
    const id = await used800(story);

    await story.post(`subscriptions/${id}/change`, { plan: 'pro' });

    expect(await story.check('ada', 'calls')).toMatchObject({ used: 800, limit: 10_000, remaining: 9_200 });
  });

  it('that resets usage leaves all of the new limit until the period ends, and no more', async () => {
    const story = await year.begin();
    const id = await used800(story);

    await story.post(`subscriptions/${id}/change`, { plan: 'pro', reset_usage: true });

    expect(await story.check('ada', 'calls')).toMatchObject({ used: 800, limit: 10_800, remaining: 10_000 });
    expect(await consume(story, 'all', 10_000)).toMatchObject({ allowed: true, remaining: 0 });
    expect(await consume(story, 'more', 1)).toMatchObject({ allowed: false, reason: 'limit_reached' });
    // The job that was to do it, had the process died, finds it done.
    await story.day(11);
    expect(await story.check('ada', 'calls')).toMatchObject({ limit: 10_800, remaining: 0 });
    await story.day(30, 3);
    expect(await story.check('ada', 'calls')).toMatchObject({ used: 0, limit: 10_000, remaining: 10_000 });
  });

  it('resets usage by itself where the settings say so, unless the call says otherwise', async () => {
    const story = await year.begin();
    const saved = await story.tenant.asOwner('PATCH', 'subscription-settings', {
      reset_usage_on_upgrade: true,
    });
    expect(saved.body).toMatchObject({ automatic_tax: false, reset_usage_on_upgrade: true });
    const id = await used800(story);

    await story.post(`subscriptions/${id}/change`, { plan: 'pro' });
    expect(await story.check('ada', 'calls')).toMatchObject({ limit: 10_800, remaining: 10_000 });

    // Twice in a period: all that was used is set back once, and not the first part of it twice.
    await story.day(12);
    await consume(story, 'between', 200);
    await story.post(`subscriptions/${id}/change`, { plan: 'team' });
    expect(await story.check('ada', 'calls')).toMatchObject({
      used: 1_000,
      limit: 51_000,
      remaining: 50_000,
    });

    await story.customer('bob');
    const bob = await story.subscribe('bob', { plan: 'starter', interval: 'month' });
    await story.post('usage/track', { idempotency_key: 'bob', customer: 'bob', meter: 'calls', value: 5 });
    await story.post(`subscriptions/${bob.id}/change`, { plan: 'pro', reset_usage: false });
    expect(await story.check('bob', 'calls')).toMatchObject({ limit: 10_000, remaining: 9_995 });
    // Not an upgrade.
    await story.post(`subscriptions/${bob.id}/change`, { plan: 'starter', when: 'now' });
    expect(await story.check('bob', 'calls')).toMatchObject({ limit: 1_000, remaining: 995 });
  });

  it('that resets usage leaves what was used to be charged at the old price', async () => {
    const story = await year.begin();
    await sellByUse(story, { limit: 100, overage: 'allow' });
    const ada = await story.customer('ada');
    const { id } = await story.subscribe(ada, { plan: 'small' });
    await story.post('usage/track', { idempotency_key: 'before', customer: ada, meter: 'calls', value: 90 });
    await story.day(15);

    await story.post(`subscriptions/${id}/change`, { plan: 'large', reset_usage: true });

    // 90 × 2, and half of 6,000 less half of 3,000.
    expect((await story.invoiced(ada)).at(-1)).toEqual([1_680, 1_680, 'paid']);
    expect(await story.check(ada, 'calls')).toMatchObject({ remaining: 100 });
    await story.post('usage/track', { idempotency_key: 'after', customer: ada, meter: 'calls', value: 50 });
    await story.day(16);
    await story.day(30, 2);
    // 50 × 1 and the next month.
    expect((await story.invoiced(ada)).at(-1)).toEqual([6_050, 6_050, 'paid']);
  });
});
