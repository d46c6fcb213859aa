import { StripeError } from '../http/errors.ts';
import { decodeForm, type FormRecord } from '../http/form.ts';
import type { HttpAnswer, HttpRequest } from '../http/api.ts';
import type { Clock } from '../state/clock.ts';
import { Context } from '../state/context.ts';
import type { Dataset, Store } from '../state/store.ts';
import type { Kind, Tables } from '../state/tables.ts';
import { timeOf } from '../state/whose-time.ts';
import type { Deliveries } from '../webhooks/deliveries.ts';
import { sendAuthentication, showAuthentication } from './authentication-page.ts';
import {
  refusedCheckout,
  sendCheckout,
  sendCheckoutAuthentication,
  showCheckout,
  showCheckoutAuthentication,
} from './checkout-page.ts';
import { refusedInvoice, sendInvoice, showInvoice } from './invoice-page.ts';
import { messagePage, type PageAnswer } from './layout.ts';
import { refusedPortal, sendPortal, showPortal } from './portal-page.ts';
import { sendOnboarding, showOnboarding } from './onboarding-page.ts';

/** A page found: how it is shown, what sending its form does, what follows a refusal. */
interface Page {
  data: Dataset;
  show(context: Context): PageAnswer;
  send(context: Context, form: FormRecord): PageAnswer;
  refuse?(context: Context, form: FormRecord, error: StripeError): PageAnswer;
}

interface Parts {
  store: Store;
  clock: Clock;
  deliveries: Deliveries;
}

/** The pages that a browser visits. They carry no key: the id in the address says whose they are. */
export class Pages {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  answer(request: HttpRequest): HttpAnswer {
    const page = this.#find(request);
    if (page === undefined) return rendered(messagePage(404, 'Nothing here', 'There is no such page.'));
    const form = decodeForm(request.body);
    const { store, clock, deliveries } = this.#parts;
    const context = new Context({
      store,
      data: page.data,
      // The address of a portal is its id with a secret behind it.
      now: timeOf(
        page.data,
        request.path.split('/').flatMap((part) => [part, part.slice(0, part.lastIndexOf('_'))]),
        clock.now(),
      ),
      baseUrl: request.baseUrl,
      cause: { request: null, idempotency_key: null },
      forwardingTargets: deliveries.targets(page.data.mode),
    });
    if (request.method !== 'POST') return rendered(page.show(context));
    try {
      return rendered(store.transaction(() => sent(page, context, form)));
    } catch (error) {
      if (error instanceof StripeError) return rendered(refusal(page, context, form, error));
      throw error;
    } finally {
      deliveries.add(context.deliveries);
    }
  }

  #find(request: HttpRequest): Page | undefined {
    const [, first, second = '', third = '', fourth] = request.path.split('/');
    if (first === 'c' && second === 'pay') return this.#checkout(third, fourth, request.query);
    if (first === 'setup') return this.#onboarding(second, third);
    if (first === 'authenticate') return this.#authentication(second);
    if (first === 'i') return this.#invoice(second);
    if (first === 'p' && second === 'session') return this.#portal(third);
    return undefined;
  }

  #checkout(id: string, step: string | undefined, query: string): Page | undefined {
    const data = this.#holder('checkout.session', id);
    const session = data?.get('checkout.session', id);
    if (data === undefined || session === undefined) return undefined;
    const refuse = (context: Context, form: FormRecord, error: StripeError) =>
      refusedCheckout(context, session, form, error);
    if (step === 'authenticate') {
      const method = new URLSearchParams(query).get('method') ?? '';
      return {
        data,
        show: (context) => showCheckoutAuthentication(context, session, method),
        send: (context, form) => sendCheckoutAuthentication(context, session, method, form),
        refuse,
      };
    }
    return {
      data,
      show: (context) => showCheckout(context, session),
      send: (context, form) => sendCheckout(context, session, form),
      refuse,
    };
  }

  #onboarding(account: string, token: string): Page | undefined {
    const data = this.#holder('_account_link', token);
    const link = data?.get('_account_link', token);
    if (data === undefined || link?.account !== account) return undefined;
    return {
      data,
      show: (context) => showOnboarding(context, link),
      send: (context) => sendOnboarding(context, link),
    };
  }

  #authentication(id: string): Page | undefined {
    const data = this.#holder('payment_intent', id) ?? this.#holder('setup_intent', id);
    if (data === undefined) return undefined;
    return {
      data,
      show: (context) => showAuthentication(context, id),
      send: (context, form) => sendAuthentication(context, id, form),
    };
  }

  #invoice(id: string): Page | undefined {
    const data = this.#holder('invoice', id);
    const invoice = data?.get('invoice', id);
    if (data === undefined || invoice === undefined) return undefined;
    return {
      data,
      show: (context) => showInvoice(context, invoice),
      send: (context, form) => sendInvoice(context, invoice, form),
      refuse: (context, _form, error) => refusedInvoice(context, context.find('invoice', id), error),
    };
  }

  /** The address of a portal ends in a secret, as its id alone is no right to see it. */
  #portal(token: string): Page | undefined {
    const id = token.slice(0, token.lastIndexOf('_'));
    const data = this.#holder('billing_portal.session', id);
    const session = data?.get('billing_portal.session', id);
    if (data === undefined || session?.url.endsWith(`/${token}`) !== true) return undefined;
    return {
      data,
      show: (context) => showPortal(context, session),
      send: (context, form) => sendPortal(context, session, form),
      refuse: (context, _form, error) => refusedPortal(context, session, error),
    };
  }

  #holder<K extends Kind>(kind: K, id: Tables[K]['id']): Dataset | undefined {
    return this.#parts.store.datasets().find((data) => data.get(kind, id) !== undefined);
  }
}

/** A refusal that keeps its changes must not throw, or they would be undone. */
function sent(page: Page, context: Context, form: FormRecord): PageAnswer {
  try {
    return page.send(context, form);
  } catch (error) {
    if (error instanceof StripeError && error.keepsChanges) return refusal(page, context, form, error);
    throw error;
  }
}

function refusal(page: Page, context: Context, form: FormRecord, error: StripeError): PageAnswer {
  return page.refuse?.(context, form, error) ?? messagePage(error.status, 'That did not work', error.message);
}

function rendered(answer: PageAnswer): HttpAnswer {
  if ('redirect' in answer) return { status: 303, headers: { location: answer.redirect }, body: '' };
  return {
    status: answer.status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
    body: answer.html,
  };
}
