import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecoverPayment } from '../../src/modules/recovery/recover-payment.ts';
import { SyncCustomer } from '../../src/modules/subscriptions/sync-customer.ts';
import { Redis } from '../../src/platform/redis.ts';
import { longFaultRounds } from '../fixtures/fault-rounds.ts';
import { buildApi, startProcess } from '../fixtures/process.ts';
import { type Proxy, startProxy } from '../fixtures/proxy.ts';
import {
  captures,
  made,
  openShop,
  sendAll,
  standing,
  type Shop,
  type ShopRequest,
} from '../fixtures/shop.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-34, INV-44. A merchant asks for everything that there is to ask for of Stripe at once, each for a customer of its
// own, and the process is killed while all of it is under way, at one of four points. Whoever comes after must end it so
// that Stripe and we hold what an undisturbed merchant's requests made: no object more, none less, nothing paid twice.

const points = [
  'the wish is written, Stripe has not heard of it',
  'Stripe did it, its answer is on the way',
  'Stripe answered, that is not written yet',
  'all is written, the merchant was not answered',
] as const;
type Point = (typeof points)[number];

let stack: TestStack;
let proxy: Proxy;

beforeAll(async () => {
  stack = await startStack({ webhooks: false });
  proxy = await startProxy(stack.database.apiUrl);
  await buildApi();
}, 240_000);
afterAll(async () => {
  await proxy.close();
  await stack.close();
});

/** Longer than the resuming job waits for the request that wrote it. */
const resumeAfterSeconds = 31;
/** Longer than the right to pay an invoice is held by somebody who is not heard of any more. */
const rightIsFreeAfterSeconds = 330;

/** Sends everything to a process of its own and kills it at a point; lets a worker end what was begun. */
async function kill(shop: Shop, point: Point): Promise<void> {
  const { emulator } = stack;
  proxy.restore();
  const api = await startProcess('main', { DATABASE_URL: proxy.url, DATABASE_POOL_MAX: '40' });
  const phase = point === points[0] ? 'before' : 'after';
  const wanted = (first: ShopRequest['first']) => shop.requests.filter((one) => one.first === first).length;
  const holds = (['POST', 'DELETE'] as const).map((method) =>
    emulator.hold({ method, path: '/v1/*', phase, times: wanted(method) }),
  );
  const held = () => holds.reduce((sum, { waiting }) => sum + waiting.length, 0);
  const answers = sendAll(api.url, shop);
  await expect.poll(held, { timeout: 60_000, interval: 50 }).toBe(shop.requests.length);
  if (point === points[2] || point === points[3]) {
    const count = proxy.holdAt('commit', point === points[2] ? 'before' : 'after');
    holds.forEach((hold) => hold.release());
    await steady(count);
  }
  await api.kill();
  // Postgres must notice, as it would when a machine is gone.
  proxy.cut();
  expect(new Set(await answers)).toEqual(new Set([0]));
  if (phase === 'after') {
    holds.forEach((hold) => hold.release());
  }
  stack.passTime(resumeAfterSeconds);
  await stack.settle();
  if (phase === 'before') {
    // What the killed process sent reaches Stripe only now, when the repetition has been there.
    holds.forEach((hold) => hold.release());
    stack.passTime(resumeAfterSeconds);
    await stack.settle();
    stack.passTime(-resumeAfterSeconds);
  }
  stack.passTime(rightIsFreeAfterSeconds);
  await stack.settle();
  await stack.app.get(RecoverPayment).sweep();
  await stack.settle();
  // Stripe would tell that the subscription is paid again; here it tells nothing.
  const { tenant } = shop;
  const { body: late } = await tenant.asServer('GET', 'customers/late');
  await stack.app.get(SyncCustomer).sync(tenant.environment_id, late['id']);
  stack.passTime(-rightIsFreeAfterSeconds);
  // The next process that is started has the clock of this machine.
  stack.passTime(-resumeAfterSeconds);
}

/** Until something was counted and stays as it is for a while. */
async function steady(count: () => number): Promise<void> {
  let last = -1;
  let since = Date.now();
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline && (last < 1 || Date.now() - since < 700)) {
    if (count() !== last) {
      last = count();
      since = Date.now();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(last).toBeGreaterThan(0);
}

describe('the API is killed while a merchant asks for everything', () => {
  let undisturbed: { made: Record<string, number>; standing: unknown };

  it('not, to have something to compare with', { timeout: 240_000 }, async () => {
    const shop = await openShop(stack);
    const api = await startProcess('main');
    const statuses = await sendAll(api.url, shop);
    await api.kill();
    await stack.settle();

    expect(statuses.filter((status) => status >= 300)).toEqual([]);
    undisturbed = { made: await made(stack, shop), standing: await standing(stack, shop) };
  });

  const cases = Array.from({ length: longFaultRounds }, (_, round) =>
    points.map((point) => ({ round: round + 1, point })),
  ).flat();

  it.each(cases)('round $round: $point', { timeout: 240_000 }, async ({ point }) => {
    const shop = await openShop(stack);
    await kill(shop, point);
    for (const { path, body } of shop.requests.filter(({ isRepeated }) => isRepeated)) {
      expect((await shop.tenant.asServer('POST', path, body)).status).toBeLessThan(300);
    }
    await stack.settle();

    expect(await made(stack, shop)).toEqual(undisturbed.made);
    expect(await standing(stack, shop)).toEqual(undisturbed.standing);
    expect(Math.max(...(await captures(stack, shop)))).toBe(1);
  });
});

describe('a worker is killed while it puts a catalog on Stripe', () => {
  const cases = Array.from({ length: longFaultRounds }, (_, round) =>
    points.map((point) => ({ round: round + 1, point })),
  ).flat();

  it.each(cases)('round $round: $point', { timeout: 240_000 }, async ({ point }) => {
    const tenant = await stack.newConnectedTenant();
    await stack.settle();
    await stack.stopWorker();
    proxy.restore();
    const worker = await startProcess('worker', { DATABASE_URL: proxy.url });
    const phase = point === points[0] ? 'before' : 'after';
    const hold = stack.emulator.hold({ method: 'POST', path: '/v1/*', phase });
    await tenant.asServer('POST', 'features', { key: 'calls', name: 'Calls', type: 'metered' });
    await tenant.asServer('POST', 'plans', {
      key: 'pro',
      name: 'Pro',
      prices: [
        { amount: 1_900, currency: 'usd', interval: 'month' },
        { type: 'per_unit', feature: 'calls', unit_amount: '0.5', currency: 'usd', interval: 'month' },
      ],
      features: [{ feature: 'calls', limit: 1_000, overage: 'allow' }],
    });
    await tenant.asServer('POST', 'coupons', { key: 'SPRING', name: 'Spring', percent_off: 10 });
    await hold.caught;
    if (point === points[2] || point === points[3]) {
      const count = proxy.holdAt('commit', point === points[2] ? 'before' : 'after');
      hold.release();
      await steady(count);
    }
    await worker.kill();
    proxy.cut();
    if (phase === 'after') hold.release();

    // BullMQ's locks of the dead worker, and the outbox's lease, run out.
    const redis = stack.app.get(Redis).client;
    const locks = (await redis.keys('{jobs:*')).filter((key) => /:lock$|:stalled-check$/.test(key));
    if (locks.length > 0) await redis.del(...locks);
    stack.passTime(61);
    await stack.startWorker();
    await stack.settle();
    hold.release();
    stack.passTime(61);
    await stack.settle();
    stack.passTime(-122);

    const { account } = await stack.stripeOf(tenant);
    expect(stack.emulator.counts()[`test/${account}`]).toMatchObject({
      product: 1,
      price: 2,
      'billing.meter': 1,
      coupon: 1,
    });
    const { rows } = await stack.database.owner.query(
      `select kind, count(*)::int as count, count(*) filter (where state = 'succeeded')::int as succeeded
         from stripe_intents where environment_id = $1 group by kind having count(*) <> count(*) filter (where state = 'succeeded')`,
      [tenant.environment_id],
    );
    expect(rows).toEqual([]);
    expect((await tenant.asOwner('GET', 'jobs?state=failed')).body['data']).toEqual([]);
  });
});
