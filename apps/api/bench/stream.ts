import { setTimeout as sleep } from 'node:timers/promises';
import { BillingOS } from '../../../packages/sdk/src/index.ts';
import { customers } from './seed.ts';
import type { BenchStack } from './stack.ts';

const changes = 400;
const followers = 20;
const warmUp = 20_000;
const batches = 201;
const callsPerBatch = 1_000;

export interface StreamMeasured {
  /** From when a change was asked for to when a client knows it: milliseconds, the 99th percentile of all clients. */
  changeP99: number;
  /** One awaited `hasFeature` of a customer that is known, in nanoseconds; and one awaited look into a Map. */
  hasFeature: number;
  mapLookup: number;
}

/** Lets clients follow the environment while customers change, and asks one of them what it knows. */
export async function measureStream({ apiUrl, secretKey }: BenchStack): Promise<StreamMeasured> {
  const clients = Array.from(
    { length: followers },
    () => new BillingOS({ secretKey, baseUrl: apiUrl, snapshot: true }),
  );
  try {
    await Promise.all(clients.map((client) => client.ready()));
    const delays = await Promise.all([changeCustomers(clients), ...clients.map(timesOf)]);
    const asked = delays[0];
    const all = delays
      .slice(1)
      .flatMap((heard) => [...heard].map(([customer, at]) => at - (asked.get(customer) ?? at)));
    const [client] = clients;
    if (client === undefined || all.length !== changes * followers) {
      throw new Error(`${all.length} of ${changes * followers} changes arrived.`);
    }
    return { changeP99: percentile(all, 0.99), ...(await timeCalls(client)) };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

/** Each change is of another customer, whose units are held: what remains is told. When each was asked for. */
async function changeCustomers([client]: BillingOS[]): Promise<Map<string, number>> {
  const asked = new Map<string, number>();
  // The streams that count the changes are being opened.
  await sleep(500);
  for (let i = 1; i <= changes; i++) {
    const customer = `user_${1 + (i % customers)}`;
    asked.set(customer, performance.now());
    await client?.entitlements.reserve({ customer, feature: 'api_calls', quantity: 1, ttl_seconds: 60 });
    await sleep(5);
  }
  return asked;
}

/** When a client heard of each change. */
async function timesOf(client: BillingOS): Promise<Map<string, number>> {
  const heard = new Map<string, number>();
  for await (const event of client.entitlements.stream()) {
    if (event.type === 'entitlements') {
      heard.set(event.data.external_id ?? event.data.customer, performance.now());
    }
    if (heard.size === changes) {
      break;
    }
  }
  return heard;
}

async function timeCalls(client: BillingOS): Promise<{ hasFeature: number; mapLookup: number }> {
  const known = new Map([['user_1', true]]);
  const lookUp = async (customer: string): Promise<boolean> => Promise.resolve(known.get(customer) === true);
  const ours = () => client.hasFeature('user_1', 'api_calls');
  const baseline = () => lookUp('user_1');
  await ours();
  await ours();
  if (client.peek('user_1', 'api_calls') === undefined) {
    throw new Error('The client does not know the customer.');
  }
  return { mapLookup: await medianNs(baseline), hasFeature: await medianNs(ours) };
}

/** The median of batches: a clock is too coarse, and too dear, for a single call. */
async function medianNs(call: () => Promise<boolean>): Promise<number> {
  for (let i = 0; i < warmUp; i++) {
    await call();
  }
  const perCall: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const began = performance.now();
    for (let i = 0; i < callsPerBatch; i++) {
      await call();
    }
    perCall.push(((performance.now() - began) / callsPerBatch) * 1e6);
  }
  return percentile(perCall, 0.5);
}

function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
