import { ConnectionError } from '../core/errors.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import { readServerSentEvents, type ServerSentEvent } from '../internal/server-sent-events.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type EntitlementCheck = components['schemas']['Check'];
export type EntitlementCheckQuery = Query<'/api/v1/entitlements/check', 'get'>;
export type Consumption = components['schemas']['Consumption'];
export type ConsumeParams = Body<'/api/v1/entitlements/consume', 'post'>;
export type Reservation = components['schemas']['Reservation'];
export type ReserveParams = Body<'/api/v1/entitlements/reservations', 'post'>;
export type SettledReservation = components['schemas']['SettledReservation'];
export type CustomerEntitlements = components['schemas']['CustomerEntitlements'];
export type EntitlementOverride = components['schemas']['EntitlementOverride'];
export type EntitlementOverrideList = components['schemas']['EntitlementOverrideList'];
export type EntitlementOverrideCreate = Body<'/api/v1/customers/{id}/entitlement-overrides', 'post'>;

/** A new total of a meter in a billing period. */
export interface MeteredUsage {
  /** Your own id of the customer; ours, if it has none. */
  customer: string;
  meter: string;
  period_start: string;
  used: number;
  /** Of several for a period, the highest is the newest. */
  usage_version: number;
}

/** What a stream of entitlements tells. `id` is what to go on from. */
export type EntitlementEvent =
  | { type: 'entitlements'; id: string; data: CustomerEntitlements }
  | { type: 'usage'; id: string; data: MeteredUsage }
  /** Something was missed: what you hold may be out of date. */
  | { type: 'reset'; id: string }
  /** All customers named were told; from here on, changes are. */
  | { type: 'ready'; id: string }
  /** Nothing happened, and the connection is alive. */
  | { type: 'heartbeat' };

export interface EntitlementStreamParams {
  /** Up to 100; all of the environment if it is left out. */
  customers?: readonly string[] | undefined;
  /** Of the last event seen: what was missed since is told first. */
  lastEventId?: string | undefined;
}

/** BillingOS says something every 15 seconds. */
const silenceMs = 20_000;

/** What customers may do now. */
export class Entitlements {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * May the customer use the feature, `required` units of it if it is metered? Throws when BillingOS cannot be reached;
   * `check` and `hasFeature` of the client answer then, too. Throws a NotFoundError for a feature that does not exist.
   */
  check(query: EntitlementCheckQuery, options?: RequestOptions): Promise<EntitlementCheck> {
    return this.#transport.call('get', '/api/v1/entitlements/check', { query }, options);
  }

  /**
   * Takes `quantity` of a metered feature if so much is left, in one step: of what is left, no more is given than there
   * is. A denial does not throw. Keep the `idempotency_key` when you repeat.
   */
  consume(params: ConsumeParams, options?: RequestOptions): Promise<Consumption> {
    return this.#transport.call('post', '/api/v1/entitlements/consume', { body: params }, options);
  }

  /** Holds `quantity` for work that is under way, for `ttl_seconds`. A denial does not throw. */
  reserve(params: ReserveParams, options?: RequestOptions): Promise<Reservation> {
    return this.#transport.call('post', '/api/v1/entitlements/reservations', { body: params }, options);
  }

  /** Uses `quantity` of what a reservation holds, and gives back the rest. */
  confirm(reservation: string, quantity: number, options?: RequestOptions): Promise<SettledReservation> {
    return this.#transport.call(
      'post',
      '/api/v1/entitlements/reservations/{id}/confirm',
      { path: { id: reservation }, body: { quantity } },
      options,
    );
  }

  /** Gives back all that a reservation holds. */
  release(reservation: string, options?: RequestOptions): Promise<SettledReservation> {
    return this.#transport.call(
      'post',
      '/api/v1/entitlements/reservations/{id}/release',
      { path: { id: reservation } },
      options,
    );
  }

  /** Everything a customer may do, what is used of it, and where it comes from. */
  ofCustomer(customer: string, options?: RequestOptions): Promise<CustomerEntitlements> {
    return this.#transport.call(
      'get',
      '/api/v1/customers/{id}/entitlements',
      { path: { id: customer } },
      options,
    );
  }

  /** What was decided for one customer by hand and is in force. */
  listOverrides(customer: string, options?: RequestOptions): Promise<EntitlementOverrideList> {
    return this.#transport.call(
      'get',
      '/api/v1/customers/{id}/entitlement-overrides',
      { path: { id: customer } },
      options,
    );
  }

  /**
   * Grants or denies one customer a feature: `{ feature: 'api_calls', limit: 50_000, reason: 'pilot' }` in place of what
   * plans grant, with `mode: 'add'` on top of it, `granted: false` not at all. The next check answers so.
   */
  createOverride(
    customer: string,
    body: EntitlementOverrideCreate,
    options?: WriteOptions,
  ): Promise<EntitlementOverride> {
    return this.#transport.call(
      'post',
      '/api/v1/customers/{id}/entitlement-overrides',
      { path: { id: customer }, body },
      options,
    );
  }

  /** Removes an override: what plans grant holds again. */
  removeOverride(customer: string, override: string, options?: RequestOptions): Promise<EntitlementOverride> {
    return this.#transport.call(
      'delete',
      '/api/v1/customers/{id}/entitlement-overrides/{override_id}',
      { path: { id: customer, override_id: override } },
      options,
    );
  }

  /**
   * Every change of what customers may do, as it happens: `for await (const event of billing.entitlements.stream())`. One
   * connection, which BillingOS ends every few minutes: open it again with the `id` of the last event. `snapshot: true`
   * of the client does that for you. Throws a TimeoutError when the connection falls silent.
   */
  async *stream(
    { customers, lastEventId }: EntitlementStreamParams = {},
    { signal, timeoutMs }: Pick<RequestOptions, 'signal' | 'timeoutMs'> = {},
  ): AsyncGenerator<EntitlementEvent, void, undefined> {
    const body = await this.#transport.open(
      '/api/v1/entitlements/stream',
      { query: { customer: customers === undefined ? undefined : [...customers] } },
      {
        headers: {
          Accept: 'text/event-stream',
          ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
        },
        signal,
        timeoutMs,
      },
    );
    for await (const event of readServerSentEvents(body, { silenceMs, signal })) {
      const known = entitlementEvent(event);
      if (known !== undefined) {
        yield known;
      }
    }
  }
}

/** Undefined: of a kind that a later release of BillingOS may tell. */
function entitlementEvent({ name, id, data }: ServerSentEvent): EntitlementEvent | undefined {
  switch (name) {
    case 'entitlements':
      return { type: name, id, data: parsed<CustomerEntitlements>(data) };
    case 'usage':
      return { type: name, id, data: parsed<MeteredUsage>(data) };
    case 'reset':
    case 'ready':
      return { type: name, id };
    case 'heartbeat':
      return { type: name };
    default:
      return undefined;
  }
}

/** The boundary where JSON becomes a type: tests compare both against the API. */
function parsed<T>(data: string): T {
  try {
    return JSON.parse(data) as T;
  } catch (cause) {
    throw new ConnectionError('The stream holds something that is not JSON. Check baseUrl.', {
      code: 'answer_unreadable',
      cause,
    });
  }
}
