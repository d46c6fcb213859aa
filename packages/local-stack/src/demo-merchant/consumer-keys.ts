import { z } from 'zod';
import type { ApiSession } from '../api-session.ts';
import { callsOf } from './api-calls.ts';

const identified = z.looseObject({ id: z.string() });
const newKey = z.looseObject({ id: z.string(), secret: z.string() });
type Key = z.output<typeof newKey>;

/** Keys that the merchant gave its customers for its own API, and what was called with them in the last day. */
export async function tellConsumerKeys(environment: ApiSession): Promise<void> {
  const dashboards = await project(environment, 'lumen-studio', 'Dashboards', 600);
  const tracking = await project(environment, 'harbor-freight', 'Fleet tracking', 3_000);
  const web = await key(environment, 'lumen-studio', 'Website', {
    project: dashboards,
    scopes: ['reports:read'],
  });
  const batch = await key(environment, 'lumen-studio', 'Nightly batch', { project: dashboards });
  const fleet = await key(environment, 'harbor-freight', 'Production', { project: tracking });
  const staging = await key(environment, 'harbor-freight', 'Staging', { project: tracking });
  const old = await key(environment, 'birch-analytics', 'Notebook of a former colleague', {});
  await call(environment, [
    { key: fleet, calls: 1_150, seed: 7 },
    { key: web, calls: 480, seed: 11 },
    { key: batch, calls: 240, seed: 23 },
    { key: staging, calls: 90, seed: 42 },
  ]);
  await environment.post(`/keys/${batch.id}/rotate`, { grace_seconds: 86_400 }, 'demo-rotate');
  await environment.post(`/keys/${old.id}/revoke`, {}, 'demo-revoke');
}

async function project(
  environment: ApiSession,
  customer: string,
  name: string,
  callsPerMinute: number,
): Promise<string> {
  const wish = {
    customer,
    name,
    quota_feature: 'api_calls',
    rate_limit: { limit: callsPerMinute, window_seconds: 60 },
  };
  return identified.parse(await environment.post('/projects', wish, `demo-project-${name}`)).id;
}

async function key(environment: ApiSession, customer: string, name: string, more: object): Promise<Key> {
  const wish = { customer, name, ...more };
  return newKey.parse(await environment.post('/keys', wish, `demo-key-${customer}-${name}`));
}

/** Each key passes the door once, which says when it was used last; the rest of its calls are in the log. */
async function call(
  environment: ApiSession,
  users: readonly { key: Key; calls: number; seed: number }[],
): Promise<void> {
  for (const { key: used } of users) {
    await environment.post('/keys/verify', { key: used.secret }, `demo-verify-${used.id}-${Date.now()}`);
  }
  const calls = users.flatMap(({ key: used, calls: count, seed }) => callsOf(used.id, count, seed));
  for (let from = 0; from < calls.length; from += 1_000) {
    const requests = calls.slice(from, from + 1_000);
    await environment.post('/track', { requests }, `demo-calls-${from}-${Date.now()}`);
  }
}
