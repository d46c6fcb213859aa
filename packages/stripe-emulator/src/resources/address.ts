import type Stripe from 'stripe';
import { clearable, shape, text } from '../http/params.ts';

/** An address as it is sent: any part may be missing or cleared. */
export const addressField = shape({
  city: clearable(text),
  country: clearable(text),
  line1: clearable(text),
  line2: clearable(text),
  postal_code: clearable(text),
  state: clearable(text),
});

export type SentAddress = ReturnType<typeof addressField.read>;

/** The stored address after the sent parts replaced theirs. */
export function mergedAddress(stored: Stripe.Address | null, sent: SentAddress | undefined): Stripe.Address {
  const part = (name: keyof SentAddress & keyof Stripe.Address): string | null =>
    sent?.[name] === undefined ? (stored?.[name] ?? null) : sent[name];
  return {
    city: part('city'),
    country: part('country'),
    line1: part('line1'),
    line2: part('line2'),
    postal_code: part('postal_code'),
    state: part('state'),
  };
}
