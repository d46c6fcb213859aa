import type Stripe from 'stripe';
import type { CallResult } from './intents.ts';

type Marked = { id: string; metadata?: Stripe.Metadata | null };

/** The first object of a list that we marked so when we made it: `bos_intent_id` names the wish it was made for. */
export async function findMarked(
  list: AsyncIterable<Marked>,
  mark: string,
  value: string,
): Promise<CallResult | undefined> {
  for await (const { id, metadata } of list) {
    if (metadata?.[mark] === value) {
      return { stripe_object_id: id };
    }
  }
  return undefined;
}
