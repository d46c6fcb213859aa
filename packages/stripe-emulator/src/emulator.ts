import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { advance } from './advance.ts';
import { Api, type HttpAnswer, type HttpRequest } from './http/api.ts';
import { Controls, type SeenDelivery } from './http/controls.ts';
import { Faults, type FaultScript } from './http/faults.ts';
import { Gate, type Hold, type HoldRule, type SeenRequest } from './http/gate.ts';
import { Elements } from './pages/elements.ts';
import { Pages } from './pages/pages.ts';
import { includable, routes } from './routes.ts';
import { sow, type Seed, type Seeded } from './seed.ts';
import { Clock } from './state/clock.ts';
import { Context } from './state/context.ts';
import { Journal } from './state/journal.ts';
import { forgetOldAnswers } from './http/idempotency.ts';
import { Store } from './state/store.ts';
import type { Recovery } from './state/tables.ts';
import { Deliveries, type ForwardingTarget } from './webhooks/deliveries.ts';

export type { ForwardingTarget } from './webhooks/deliveries.ts';
export type { FaultScript, RequestFaultRule, WebhookFaultRule } from './http/faults.ts';
export type { Hold, HoldRule, SeenRequest } from './http/gate.ts';
export type { Seed, Seeded } from './seed.ts';
export type { SeenDelivery } from './http/controls.ts';

export interface EmulatorOptions {
  /** 0, the default, takes a free port. */
  port?: number;
  /** The address to listen on; 127.0.0.1 when absent. */
  host?: string;
  /** A folder that keeps the state across restarts; without it the state is gone at the end. */
  dataFolder?: string;
  /** How pages are reached when not under the host of the request that made them. No slash at the end. */
  publicUrl?: string;
  /** Listeners that hear every event of every account, like `stripe listen`. */
  forwardTo?: ForwardingTarget[];
  /** The wait before each webhook retry. About three days in all when absent. */
  retryDelaysMs?: number[];
  /** The source of time, in milliseconds since the epoch. */
  now?: () => number;
  /** Where the time of new data begins, in seconds since the epoch: a past to be filled. Kept data keeps its own. */
  beginsAt?: number;
}

export interface Emulator {
  url: string;
  host: string;
  port: number;
  /** Stops listening; held requests are let go and deliveries in flight are dropped. */
  close(): Promise<void>;
  /** Holds requests back, or their answers after they took effect. */
  hold(rule: HoldRule): Hold;
  /** Lets things go wrong from now on as the script has it; `{}` ends that. */
  runFaults(script: FaultScript): void;
  /** How often each kind of fault struck since the script began. */
  faultsStruck(): Record<string, number>;
  /**
   * How refused renewals are retried, and what becomes of the subscription after the last attempt. At first
   * they are not: the subscription stays past due until its invoice is paid.
   */
  setRecovery(recovery: Omit<Recovery, 'id'>): void;
  /**
   * From now on a stored card fares as a test card does, `4000000000009987` for one: it was lost after it was attached, or
   * there is money on it again.
   */
  turnCard(paymentMethod: string, number: string): void;
  /** The requests of Stripe's API seen so far, in order of arrival. */
  requests(): readonly SeenRequest[];
  forgetRequests(): void;
  pauseWebhooks(): void;
  resumeWebhooks(): void;
  /** Resolves when no delivery is due or on its way; later retries are not waited for. */
  webhooksSettled(): Promise<void>;
  deliveries(): SeenDelivery[];
  /** Sends deliveries again, in the order of the ids; an id may repeat. All when absent. */
  replayDeliveries(ids?: string[]): void;
  /** Makes many customers with subscriptions at once, much faster than by requests. No event tells of them. */
  seed(seed: Seed): Seeded[];
  /**
   * Remembers everything as it is now. After `recall` requests that only read are answered as they would have been
   * then, so that answers of the past can arrive late; `null` is the present again.
   */
  remember(): number;
  recall(moment: number | null): void;
  /** Objects by kind in each data set: `{ 'test/acct_…': { customer: 1 } }`. */
  counts(): Record<string, Record<string, number>>;
  /** The time of the data, in seconds. */
  now(): number;
  /** Moves the time of all data forward and lets happen what falls due on the way. Seconds since the epoch. */
  advanceTo(until: number): void;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const RETRIES = [
  SECOND,
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
  24 * HOUR,
];

/** How far from the source's time new data begins, in seconds. */
function beginning({ beginsAt }: EmulatorOptions, source: () => number): number {
  return beginsAt === undefined ? 0 : beginsAt - Math.floor(source() / SECOND);
}

/** Starts the emulator and resolves when it listens. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const store = new Store(options.dataFolder === undefined ? undefined : new Journal(options.dataFolder));
  const system = store.dataset('test', null);
  const source = options.now ?? Date.now;
  const clock = new Clock(source, system.get('_clock', 'offset')?.offset ?? beginning(options, source));
  store.transaction(() => {
    system.put('_clock', { id: 'offset', offset: clock.offset });
    forgetOldAnswers(store, clock.now());
  });
  const gate = new Gate();
  const faults = new Faults();
  const deliveries = new Deliveries(store, {
    forwardTo: options.forwardTo ?? [],
    retryDelaysMs: options.retryDelaysMs ?? RETRIES,
    faults,
  });
  let baseUrl = options.publicUrl ?? '';
  const passTime = () => {
    for (const data of store.datasets()) advance({ store, deliveries, baseUrl }, data, clock.now());
  };
  const advanceTo = (until: number) => {
    clock.moveTo(until);
    store.transaction(() => system.put('_clock', { id: 'offset', offset: clock.offset }));
    passTime();
  };
  const recover = (recovery: Omit<Recovery, 'id'>) =>
    store.transaction(() => system.put('_recovery', { id: 'recovery', ...recovery }));
  const controls = new Controls({
    store,
    gate,
    faults,
    deliveries,
    recover,
    moveClock: (seconds) => {
      advanceTo(clock.now() + seconds);
      return clock.now();
    },
  });
  const api = new Api({ store, clock, gate, faults, deliveries, routes, includable });
  const elements = new Elements({ store, clock, deliveries });
  const pages = new Pages({ store, clock, deliveries });
  const server = createServer((incoming, response) => {
    void serve(incoming, response, options.publicUrl, async (request) => {
      if (request.path.startsWith('/_emulator/')) return controls.answer(request);
      if (request.path.startsWith('/v3/')) return elements.answer(request);
      return request.path.startsWith('/v1/') ? await api.answer(request) : pages.answer(request);
    });
  });
  const host = options.host ?? '127.0.0.1';
  const port = await listen(server, options.port ?? 0, host);
  const url = `http://${host}:${port}`;
  baseUrl = options.publicUrl ?? url;
  // Clients keep their connections; closing idle ones early would race with their next request.
  server.keepAliveTimeout = MINUTE;
  const ticking = setInterval(() => {
    try {
      passTime();
    } catch (error) {
      console.error(error);
    }
  }, SECOND);
  deliveries.resume();

  return {
    url,
    host,
    port,
    close: async () => {
      clearInterval(ticking);
      gate.releaseAll();
      deliveries.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      store.close();
    },
    hold: (rule) => gate.hold(rule),
    runFaults: (script) => faults.run(script),
    faultsStruck: () => faults.struck(),
    setRecovery: recover,
    turnCard: (method, number) =>
      store.transaction(() => {
        for (const data of store.datasets()) {
          const card = data.get('_card', method);
          if (card !== undefined) data.put('_card', { ...card, number });
        }
      }),
    requests: () => gate.requests(),
    forgetRequests: () => gate.forget(),
    pauseWebhooks: () => deliveries.pause(),
    resumeWebhooks: () => deliveries.resume(),
    webhooksSettled: () => deliveries.settled(),
    deliveries: () => controls.listDeliveries(),
    replayDeliveries: (ids) => controls.replay(ids),
    seed: (wanted) =>
      store.transaction(() =>
        sow(
          new Context({
            store,
            data: store.dataset(wanted.mode ?? 'test', wanted.account ?? null),
            now: clock.now(),
            baseUrl,
            cause: { request: null, idempotency_key: null },
            forwardingTargets: [],
            silent: true,
          }),
          wanted,
        ),
      ),
    remember: () => store.remember(),
    recall: (moment) => store.recall(moment),
    counts: () => controls.counts(),
    now: () => clock.now(),
    advanceTo,
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(isAddress(address) ? address.port : port);
    });
  });
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  publicUrl: string | undefined,
  handle: (request: HttpRequest) => Promise<HttpAnswer>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const url = new URL(incoming.url ?? '/', 'http://localhost');
  const answer = await answerOf(handle, {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.search.slice(1),
    body: Buffer.concat(chunks).toString(),
    header: (name) => {
      const value = incoming.headers[name];
      return typeof value === 'string' ? value : undefined;
    },
    baseUrl: publicUrl ?? `http://${incoming.headers.host ?? 'localhost'}`,
  });
  if (answer.unsent === 'broken') incoming.socket.destroy();
  // A silent connection stays open until its client gives up or the emulator closes.
  if (answer.unsent !== undefined) return;
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}

/** An answer in any case: a fault of the emulator must not end it. */
async function answerOf(
  handle: (request: HttpRequest) => Promise<HttpAnswer>,
  request: HttpRequest,
): Promise<HttpAnswer> {
  try {
    return await handle(request);
  } catch (error) {
    console.error(error);
    return { status: 500, headers: { 'content-type': 'text/plain' }, body: 'The emulator failed.\n' };
  }
}
