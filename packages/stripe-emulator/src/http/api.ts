import { API_VERSION } from '../state/api-version.ts';
import type { Clock } from '../state/clock.ts';
import { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import type { Dataset, Mode, Store } from '../state/store.ts';
import type { Deliveries } from '../webhooks/deliveries.ts';
import { StripeError } from './errors.ts';
import { expanded, type Includable } from './expand.ts';
import { canonical, decodeForm } from './form.ts';
import type { Gate, SeenRequest } from './gate.ts';
import { Idempotency } from './idempotency.ts';
import { modeOfKey, unknownAccount } from './keys.ts';
import { list, readParams, text } from './params.ts';
import { matchRoute, type Route } from './route.ts';

export interface HttpRequest {
  method: string;
  path: string;
  query: string;
  body: string;
  header(name: string): string | undefined;
  baseUrl: string;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

interface Parts {
  store: Store;
  clock: Clock;
  gate: Gate;
  deliveries: Deliveries;
  routes: readonly Route[];
  includable: Includable;
}

const universal = { expand: list(text) };

/** Answers requests of Stripe's API: key, account, idempotency, parameters, operation, expansion. */
export class Api {
  readonly #parts: Parts;
  readonly #idempotency = new Idempotency();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async answer(request: HttpRequest): Promise<HttpAnswer> {
    const { gate } = this.#parts;
    const seen: SeenRequest = {
      id: newId('req'),
      method: request.method,
      path: request.path,
      mode: null,
      account: request.header('stripe-account') ?? null,
      idempotency_key: request.header('idempotency-key') ?? null,
      status: null,
      replayed: false,
    };
    gate.see(seen);
    const answer = await this.#attempt(request, seen);
    await gate.after(seen);
    seen.status = answer.status;
    return answer;
  }

  async #attempt(request: HttpRequest, seen: SeenRequest): Promise<HttpAnswer> {
    try {
      const mode = modeOfKey(request.header('authorization'));
      seen.mode = mode;
      const data = this.#dataset(mode, seen.account, request.header('authorization'));
      const key = request.method === 'POST' ? seen.idempotency_key : null;
      if (key === null) {
        await this.#parts.gate.before(seen);
        return this.#run(request, seen, data);
      }
      return await this.#once(request, seen, data, key);
    } catch (error) {
      return failure(error, seen);
    }
  }

  async #once(request: HttpRequest, seen: SeenRequest, data: Dataset, key: string): Promise<HttpAnswer> {
    const fingerprint = { method: request.method, path: request.path, params: canonical(formOf(request)) };
    const saved = this.#idempotency.begin(data, key, fingerprint, this.#parts.clock.now());
    if (saved !== undefined) {
      seen.replayed = true;
      return {
        status: saved.status,
        headers: { ...headers(seen), 'idempotent-replayed': 'true', 'original-request': saved.request },
        body: saved.body,
      };
    }
    try {
      await this.#parts.gate.before(seen);
      return this.#run(request, seen, data, (answer) =>
        data.put('_answer', {
          id: key,
          ...fingerprint,
          status: answer.status,
          body: answer.body,
          request: seen.id,
          created: this.#parts.clock.now(),
        }),
      );
    } finally {
      this.#idempotency.finish(data, key);
    }
  }

  /** The operation and the answer saved under its key, in one transaction. */
  #run(
    request: HttpRequest,
    seen: SeenRequest,
    data: Dataset,
    save: (answer: HttpAnswer) => void = () => {},
  ): HttpAnswer {
    const { store, clock, deliveries } = this.#parts;
    const context = new Context({
      store,
      data,
      now: clock.now(),
      baseUrl: request.baseUrl,
      cause: { request: seen.id, idempotency_key: seen.idempotency_key },
      forwardingTargets: deliveries.targets(data.mode),
    });
    try {
      return store.transaction(() => {
        const answer = this.#operate(request, seen, context);
        save(answer);
        return answer;
      });
    } catch (error) {
      const answer = failure(error, seen);
      if (error instanceof StripeError && error.savedUnderKey) store.transaction(() => save(answer));
      return answer;
    } finally {
      deliveries.add(context.deliveries);
    }
  }

  #operate(request: HttpRequest, seen: SeenRequest, context: Context): HttpAnswer {
    const match = matchRoute(this.#parts.routes, request.method, request.path);
    if (match === undefined) {
      throw new StripeError(404, {
        type: 'invalid_request_error',
        message: `Unrecognized request URL (${request.method}: ${request.path}). The emulator does not serve it, or it is not part of the API.`,
      });
    }
    const { expand, ...form } = formOf(request);
    const paths = readParams(universal, expand === undefined ? {} : { expand }).expand ?? [];
    const params = readParams(match.route.fields, form);
    try {
      const document = match.route.run(context, params, match.path);
      const body = JSON.stringify(expanded(context, document, paths, this.#parts.includable), null, 2);
      return { status: 200, headers: headers(seen), body };
    } catch (error) {
      if (error instanceof StripeError && error.keepsChanges) return failure(error, seen);
      throw error;
    }
  }

  #dataset(mode: Mode, account: string | null, authorization: string | undefined): Dataset {
    const platform = this.#parts.store.dataset(mode, null);
    if (account === null) return platform;
    if (platform.get('account', account) === undefined) throw unknownAccount(account, authorization);
    return this.#parts.store.dataset(mode, account);
  }
}

function formOf(request: HttpRequest) {
  return decodeForm([request.query, request.body].filter((part) => part !== '').join('&'));
}

function failure(error: unknown, seen: SeenRequest): HttpAnswer {
  if (error instanceof StripeError) {
    return {
      status: error.status,
      headers: { ...headers(seen), 'stripe-should-retry': error.status === 409 ? 'true' : 'false' },
      body: JSON.stringify(error.body(seen.id), null, 2),
    };
  }
  console.error(error);
  return {
    status: 500,
    headers: { ...headers(seen), 'stripe-should-retry': 'false' },
    body: JSON.stringify({
      error: {
        type: 'api_error',
        message: `The emulator failed: ${error instanceof Error ? error.message : 'unknown'}`,
      },
    }),
  };
}

function headers(seen: SeenRequest): Record<string, string> {
  return {
    'content-type': 'application/json',
    'request-id': seen.id,
    'stripe-version': API_VERSION,
    ...(seen.idempotency_key === null ? {} : { 'idempotency-key': seen.idempotency_key }),
    ...(seen.account === null ? {} : { 'stripe-account': seen.account }),
  };
}
