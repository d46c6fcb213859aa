import { API_VERSION } from '../state/api-version.ts';
import type { Clock } from '../state/clock.ts';
import { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import type { Dataset, Mode, Store } from '../state/store.ts';
import { textsIn, timeOf } from '../state/whose-time.ts';
import type { Deliveries } from '../webhooks/deliveries.ts';
import { invalid, StripeError } from './errors.ts';
import { expanded, type Includable } from './expand.ts';
import { rateLimited, serverError, type Faults, type RequestFaultRule } from './faults.ts';
import { canonical, decodeForm } from './form.ts';
import type { Gate, SeenRequest } from './gate.ts';
import { Idempotency } from './idempotency.ts';
import { modeOfKey, unknownAccount } from './keys.ts';
import { list, readParams, text } from './params.ts';
import { matchRoute, type Match, type Route } from './route.ts';

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
  /** It took effect, but no answer goes out: the connection stays silent, or breaks. */
  unsent?: 'silent' | 'broken';
}

interface Parts {
  store: Store;
  clock: Clock;
  gate: Gate;
  faults: Faults;
  deliveries: Deliveries;
  routes: readonly Route[];
  includable: Includable;
}

/** One request on its way through. */
interface Task {
  request: HttpRequest;
  seen: SeenRequest;
  data: Dataset;
  match: Match | undefined;
  fault: RequestFaultRule | undefined;
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
      fault: null,
    };
    gate.see(seen);
    const answer = await this.#attempt(request, seen);
    await gate.after(seen);
    if (seen.fault === 'apply_then_timeout') return { ...answer, unsent: 'silent' };
    if (seen.fault === 'drop_after_apply') return { ...answer, unsent: 'broken' };
    seen.status = answer.status;
    return answer;
  }

  async #attempt(request: HttpRequest, seen: SeenRequest): Promise<HttpAnswer> {
    try {
      const mode = modeOfKey(request.header('authorization'));
      seen.mode = mode;
      const present = this.#dataset(mode, seen.account, request.header('authorization'));
      const data = request.method === 'GET' ? this.#parts.store.asRead(present) : present;
      const match = matchRoute(this.#parts.routes, request.method, request.path);
      const fault = this.#parts.faults.request(
        seen,
        `${request.method} ${match?.route.path ?? request.path}`,
      );
      seen.fault = fault?.kind ?? null;
      if (fault?.kind === 'rate_limit') throw rateLimited();
      const task: Task = { request, seen, data, match, fault };
      const key = request.method === 'POST' ? seen.idempotency_key : null;
      if (key === null) {
        await this.#parts.gate.before(seen);
        return this.#run(task);
      }
      return await this.#once(task, key);
    } catch (error) {
      return failure(error, seen);
    }
  }

  async #once(task: Task, key: string): Promise<HttpAnswer> {
    const { request, seen, data } = task;
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
      return this.#run(task, (answer) =>
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
  #run(task: Task, save: (answer: HttpAnswer) => void = () => {}): HttpAnswer {
    const { request, seen, data } = task;
    const { store, clock, deliveries } = this.#parts;
    const context = new Context({
      store,
      data,
      now: timeOf(data, [...request.path.split('/'), ...textsIn(formOf(request))], clock.now()),
      baseUrl: request.baseUrl,
      cause: { request: seen.id, idempotency_key: seen.idempotency_key },
      forwardingTargets: deliveries.targets(data.mode),
    });
    try {
      return store.transaction(() => {
        const answer = this.#struck(task, context);
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

  /** The operation, or what a scripted fault makes of it. */
  #struck(task: Task, context: Context): HttpAnswer {
    const { fault, seen } = task;
    if (fault?.kind === 'server_error') {
      if (fault.applied === true) this.#operate(task, context);
      return failure(serverError(), seen);
    }
    const answer = this.#operate(task, context);
    if (fault?.kind !== 'duplicate_identifier') return answer;
    const { identifier } = formOf(task.request);
    return failure(
      invalid(
        `An event already exists with identifier ${typeof identifier === 'string' ? identifier : ''}.`,
        'identifier',
      ),
      seen,
    );
  }

  #operate({ request, seen, match }: Task, context: Context): HttpAnswer {
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
      headers: { ...headers(seen), ...retryHint(error.status), ...error.headers },
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

/** Stripe tells its clients what to repeat; of a 429 and a 500 it leaves the decision to them. */
function retryHint(status: number): Record<string, string> {
  if (status === 409) return { 'stripe-should-retry': 'true' };
  return status === 429 || status >= 500 ? {} : { 'stripe-should-retry': 'false' };
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
