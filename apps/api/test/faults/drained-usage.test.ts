import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi, type Tenant, type TestApi } from '../fixtures/api.ts';
import { buildApi, startProcess } from '../fixtures/process.ts';

// INV-1, INV-55: a deployment loses nothing that was acknowledged, and cuts nobody off.

const senders = 32;
const acknowledgedBefore = 500;
const drainMs = 30_000;

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
  await tenant.asServer('POST', 'meters', { key: 'tokens', name: 'Tokens', aggregation: 'sum' });
  await buildApi();
}, 180_000);
afterAll(() => api.close());

it('an API that is asked to end answers what it took, and what it acknowledged is stored', async () => {
  const ending = await startProcess('main');
  const outcomes = new Map<string, number | 'unanswered'>();
  let keys = 0;
  let acknowledged = 0;
  let isOver = false;
  let underLoad = (): void => undefined;
  const isUnderLoad = new Promise<void>((resolve) => {
    underLoad = resolve;
  });

  const sending = Array.from({ length: senders }, async () => {
    while (!isOver) {
      const key = `drained-${++keys}`;
      const status = await fetch(`${ending.url}/api/v1/usage/track`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.secretKey}` },
        body: JSON.stringify({ idempotency_key: key, customer: 'user_1', meter: 'tokens', value: 1 }),
      }).then(
        async (answer) => {
          await answer.text();
          return answer.status;
        },
        () => 'unanswered' as const,
      );
      outcomes.set(key, status);
      acknowledged += status === 200 ? 1 : 0;
      if (acknowledged === acknowledgedBefore) {
        underLoad();
      }
    }
  });
  await isUnderLoad;
  const askedAt = Date.now();
  await ending.stop();
  const tookMs = Date.now() - askedAt;
  isOver = true;
  await Promise.all(sending);

  const { rows } = await api.database.owner.query<{ key: string }>(
    'select idempotency_key as key from usage_events where environment_id = $1',
    [tenant.environment_id],
  );
  const stored = new Set(rows.map(({ key }) => key));
  const having = (outcome: number | 'unanswered') =>
    [...outcomes].filter(([, other]) => other === outcome).map(([key]) => key);
  expect(having(200).length).toBeGreaterThanOrEqual(acknowledgedBefore);
  expect(having(200).filter((key) => !stored.has(key))).toEqual([]);
  // Nobody was there to take it: what was taken is answered.
  expect(having('unanswered').filter((key) => stored.has(key))).toEqual([]);
  expect(
    [...new Set(outcomes.values())].filter((outcome) => ![200, 503, 'unanswered'].includes(outcome)),
  ).toEqual([]);
  expect(tookMs).toBeLessThan(drainMs);
});

it('an API that is asked to end does not wait for who connected and asked for nothing', async () => {
  const ending = await startProcess('main');
  const { hostname, port } = new URL(ending.url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  // It must have been seen there, too.
  await fetch(`${ending.url}/health/live`);

  const askedAt = Date.now();
  await ending.stop();
  await closed;
  expect(Date.now() - askedAt).toBeLessThan(drainMs);
});
