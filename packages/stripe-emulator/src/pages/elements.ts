import { StripeError } from '../http/errors.ts';
import type { HttpAnswer, HttpRequest } from '../http/api.ts';
import { decodeForm, type FormRecord } from '../http/form.ts';
import { confirmPaymentIntent } from '../resources/payment-intents.ts';
import { createFromTypedCard } from '../resources/payment-methods.ts';
import { confirmSetupIntent } from '../resources/setup-intents.ts';
import type { Clock } from '../state/clock.ts';
import { Context } from '../state/context.ts';
import type { Dataset, Store } from '../state/store.ts';
import { timeOf } from '../state/whose-time.ts';
import type { Deliveries } from '../webhooks/deliveries.ts';
import { field, typedCard } from './card-form.ts';
import { STRIPE_JS } from './stripe-js.ts';

interface Parts {
  store: Store;
  clock: Clock;
  deliveries: Deliveries;
}

/** The stand-in for Stripe.js and what it asks for: any page may, with an intent's client secret. */
export class Elements {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  answer(request: HttpRequest): HttpAnswer {
    if (request.method === 'GET') {
      const headers = {
        'content-type': 'text/javascript; charset=utf-8',
        'access-control-allow-origin': '*',
      };
      return { status: 200, headers, body: STRIPE_JS };
    }
    const { store, clock, deliveries } = this.#parts;
    const form = decodeForm(request.body);
    const secret = field(form, 'client_secret');
    const id = secret.slice(0, secret.indexOf('_secret_'));
    const data = this.#holder(id, secret);
    if (data === undefined) return json(404, { error: { message: `No such intent: '${id}'` } });
    const context = new Context({
      store,
      data,
      now: timeOf(data, [id], clock.now()),
      baseUrl: request.baseUrl,
      cause: { request: null, idempotency_key: null },
      forwardingTargets: deliveries.targets(data.mode),
    });
    try {
      return store.transaction(() => this.#act(request.path, context, id, form));
    } catch (error) {
      if (error instanceof StripeError) return refused(error);
      throw error;
    } finally {
      deliveries.add(context.deliveries);
    }
  }

  /** A refusal that stays on record must not throw, or it would be undone. */
  #act(path: string, context: Context, id: string, form: FormRecord): HttpAnswer {
    try {
      if (path.endsWith('/confirm')) confirm(context, id, form);
    } catch (error) {
      if (error instanceof StripeError && error.keepsChanges) return refused(error);
      throw error;
    }
    const setup = context.data.get('setup_intent', id);
    return json(
      200,
      setup === undefined ? { paymentIntent: context.find('payment_intent', id) } : { setupIntent: setup },
    );
  }

  #holder(id: string, secret: string): Dataset | undefined {
    return this.#parts.store
      .datasets()
      .find(
        (data) => (data.get('setup_intent', id) ?? data.get('payment_intent', id))?.client_secret === secret,
      );
  }
}

function confirm(context: Context, id: string, form: FormRecord): void {
  const saved = field(form, 'payment_method');
  const method = saved === '' ? createFromTypedCard(context, typedCard(form)).id : saved;
  const setup = context.data.get('setup_intent', id);
  const back = field(form, 'return_url') === '' ? undefined : field(form, 'return_url');
  if (setup !== undefined) confirmSetupIntent(context, setup, method, back);
  else {
    confirmPaymentIntent(context, context.find('payment_intent', id), {
      payment_method: method,
      return_url: back,
    });
  }
}

function refused(error: StripeError): HttpAnswer {
  return json(200, { error: error.detail });
}

function json(status: number, value: object): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'access-control-allow-origin': '*' },
    body: JSON.stringify(value),
  };
}
