import { Injectable } from '@nestjs/common';
import Stripe from 'stripe';
import type { Mode } from '../platform/auth/api-key.ts';
import { AppError, type ErrorFacts } from '../platform/errors.ts';
import { StripeClients } from './stripe.client.ts';

const toleranceSeconds = 300;

export class WebhookSignatureInvalid extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'webhook_signature_invalid',
    kind: 'invalid',
    explanation:
      'The Stripe-Signature header does not fit the body, the secret or the time. Nothing was stored.',
  };
  constructor(cause?: unknown) {
    super(
      WebhookSignatureInvalid.facts,
      'The signature does not fit. Check that the endpoint’s signing secret is the one this instance has.',
      'Stripe-Signature',
      { cause },
    );
  }
}

/** What we keep of an event: what it is about. What that looks like now, Stripe is asked. */
export interface StripeEventHint {
  id: string;
  type: string;
  account: string | undefined;
  livemode: boolean;
  object: {
    id: string | null;
    type: string;
    customer: string | null;
    subscription: string | null;
    payment_intent: string | null;
    invoice: string | null;
  };
}

@Injectable()
export class StripeWebhooks {
  constructor(private readonly clients: StripeClients) {}

  /**
   * Verifies an event by the raw body, against each secret of the mode. Throws `WebhookSignatureInvalid`; also when
   * the mode has no secret, the event is of the other mode, or it was signed more than 300 seconds from now.
   */
  verify(mode: Mode, rawBody: Buffer, signature: string | undefined): StripeEventHint {
    const event = this.construct(mode, rawBody, signature);
    if (event.livemode !== (mode === 'live') || isFromTheFuture(signature ?? '')) {
      throw new WebhookSignatureInvalid();
    }
    return {
      id: event.id,
      type: event.type,
      account: event.account,
      livemode: event.livemode,
      object: hintOf(event.data.object),
    };
  }

  private construct(mode: Mode, rawBody: Buffer, signature: string | undefined): Stripe.Event {
    let cause: unknown;
    for (const secret of signature === undefined ? [] : this.clients.webhookSecrets(mode)) {
      try {
        return this.clients
          .of(mode)
          .webhooks.constructEvent(rawBody, signature ?? '', secret, toleranceSeconds);
      } catch (error) {
        if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) {
          throw error;
        }
        cause = error;
      }
    }
    throw new WebhookSignatureInvalid(cause);
  }
}

/** Stripe's library refuses only what is too old. A signature dated ahead could be replayed for as long. */
function isFromTheFuture(signature: string): boolean {
  const seconds = Number(/(?:^|,)t=(\d+)/.exec(signature)?.[1] ?? 0);
  return seconds - Date.now() / 1_000 > toleranceSeconds;
}

/** What an object of an event is about: its ids. */
export function hintOf(object: object): StripeEventHint['object'] {
  const field = (name: string): string | null => {
    const value: unknown = Reflect.get(object, name);
    if (typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string') {
      return value.id;
    }
    return typeof value === 'string' ? value : null;
  };
  return {
    id: field('id'),
    type: field('object') ?? 'unknown',
    customer: field('customer'),
    subscription: field('subscription') ?? subscriptionOfInvoice(object),
    payment_intent: field('payment_intent'),
    invoice: field('invoice'),
  };
}

/** Since API version `basil` an invoice points to its subscription through `parent`. */
function subscriptionOfInvoice(object: object): string | null {
  const parent: unknown = Reflect.get(object, 'parent');
  if (typeof parent !== 'object' || parent === null) {
    return null;
  }
  const details: unknown = Reflect.get(parent, 'subscription_details');
  const subscription: unknown =
    typeof details === 'object' && details !== null ? Reflect.get(details, 'subscription') : undefined;
  return typeof subscription === 'string' ? subscription : null;
}
