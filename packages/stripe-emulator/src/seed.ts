import { attach } from './resources/payment-methods.ts';
import { createCustomer, updateCustomer } from './resources/customers.ts';
import { createSubscription } from './resources/create-subscription.ts';
import type { Context } from './state/context.ts';

/** Many customers at once, each with a card and one subscription, as if they had been there before. */
export interface Seed {
  /** The connected account whose they are; the platform's own when absent. */
  account?: string;
  /** `test` when absent. */
  mode?: 'test' | 'live';
  count: number;
  /** Ids of the prices that each subscribes to. Without any there are customers alone. */
  prices: string[];
  /** What each is made with, by its number from 0. */
  customer?(index: number): { email?: string; name?: string; metadata?: Record<string, string> };
  metadata?(index: number): Record<string, string>;
}

/** The ids of one customer made by a seed. */
export interface Seeded {
  customer: string;
  /** Null where no prices were given. */
  subscription: string | null;
}

/** Makes what a seed asks for; its first invoices are paid. No events tell of it. */
export function sow(context: Context, seed: Seed): Seeded[] {
  return Array.from({ length: seed.count }, (_, index) => {
    const { id } = createCustomer(context, seed.customer?.(index) ?? {});
    const method = attach(context, 'pm_card_visa', id);
    updateCustomer(context, id, { invoice_settings: { default_payment_method: method.id } });
    if (seed.prices.length === 0) return { customer: id, subscription: null };
    const subscription = createSubscription(
      context,
      {
        customer: id,
        items: seed.prices.map((price) => ({ price })),
        metadata: seed.metadata?.(index) ?? {},
        off_session: true,
      },
      false,
    );
    return { customer: id, subscription: subscription.id };
  });
}
