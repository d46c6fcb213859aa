import { inject } from 'vitest';

type Created = { id: string };

/** What the owner of a Stripe account does there, without BillingOS: calls of Stripe's API. */
export function stripeAccount(account: string) {
  const { stripe } = inject('addresses');
  const post = async (path: string, fields: Record<string, string>): Promise<Created> => {
    const answer = await fetch(`${stripe}/v1/${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_owner', 'stripe-account': account },
      body: new URLSearchParams(fields),
    });
    const read: unknown = await answer.json();
    if (!answer.ok || !isCreated(read)) throw new Error(`${path} was answered ${JSON.stringify(read)}`);
    return read;
  };
  return {
    post,
    /** Somebody who has paid $30 a month for `days` by a clock of their own, so that time can pass for them alone. */
    subscriber: async (person: { name: string; email: string; external_id: string }, days: number) => {
      const began = Math.floor(Date.now() / 1000) - days * 24 * 60 * 60;
      const clock = await post('test_helpers/test_clocks', { frozen_time: String(began) });
      const product = await post('products', { name: 'Standard' });
      const price = await post('prices', {
        product: product.id,
        currency: 'usd',
        unit_amount: '3000',
        'recurring[interval]': 'month',
      });
      const customer = await post('customers', {
        name: person.name,
        email: person.email,
        'metadata[external_id]': person.external_id,
        test_clock: clock.id,
      });
      const card = await post('payment_methods/pm_card_visa/attach', { customer: customer.id });
      await post(`customers/${customer.id}`, { 'invoice_settings[default_payment_method]': card.id });
      const subscription = await post('subscriptions', {
        customer: customer.id,
        'items[0][price]': price.id,
      });
      return { clock: clock.id, customer: customer.id, subscription: subscription.id };
    },
  };
}

function isCreated(value: unknown): value is Created {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
}
