import type { ApiSession } from '../api-session.ts';
import type { DemoUsage } from './usage.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** What customers buy when a limit is used up. The largest is the cheapest for each credit. */
const packs = [
  { key: 'credits_100', name: '100 credits', credits: 100, amount: 900, expires_after_days: 90 },
  { key: 'credits_500', name: '500 credits', credits: 500, amount: 3_900, expires_after_days: 365 },
  { key: 'credits_2500', name: '2,500 credits', credits: 2_500, amount: 16_900 },
];

export async function createPacks(environment: ApiSession): Promise<void> {
  for (const pack of packs) {
    await environment.post('/credits/packs', { ...pack, currency: 'usd' }, `demo-pack-${pack.key}`);
  }
}

/**
 * One customer pays for forecasts, which no plan of theirs holds, with credits: a gift that expires soon, a pack they bought,
 * and the next ones bought by themselves.
 */
export async function tellCredits(environment: ApiSession): Promise<void> {
  const customer = 'lumen-studio';
  const lastDay = new Date(Date.now() + 12 * dayMs).toISOString().slice(0, 10);
  const gift = { quantity: 120, expires_at: `${lastDay}T00:00:00Z`, reason: 'To try forecasts with.' };
  await environment.post(`/customers/${customer}/credits/grants`, gift, `demo-credits-gift-${lastDay}`);
  const purchase = { idempotency_key: 'demo-top-up', pack: 'credits_500' };
  await environment.post(`/customers/${customer}/credits/top-ups`, purchase, 'demo-top-up');
  await environment.patch(`/customers/${customer}/credits`, { low_at: 100 });
  await environment.put(`/customers/${customer}/credits/auto-top-up`, {
    pack: 'credits_100',
    below: 50,
    amount_max_per_month: 5_000,
  });
  const events = Array.from({ length: 19 }, (_, index): DemoUsage => ({
    idempotency_key: `demo-forecast-${index}`,
    customer,
    meter: 'forecasts',
    value: 1,
    occurred_at: new Date(Date.now() - (19 - index) * 60_000).toISOString(),
  }));
  await environment.post('/usage/track', { events }, `demo-forecasts-${Date.now()}`);
  await environment.put('/customers/birch-analytics/spend-cap', { amount: 3_000, currency: 'usd' });
}
