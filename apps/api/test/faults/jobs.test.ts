import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '@billingos/local-stack/redis';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { z } from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../../src/platform/clock.ts';
import { Database } from '../../src/platform/database/database.ts';
import { defineJob } from '../../src/platform/jobs/job.ts';
import { JobHandlers } from '../../src/platform/jobs/job-handlers.ts';
import { Outbox } from '../../src/platform/jobs/outbox.ts';
import { JobWorker } from '../../src/platform/jobs/worker.ts';
import { Redis } from '../../src/platform/redis.ts';
import { WorkerModule } from '../../src/worker.module.ts';
import { startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

const payload = z.strictObject({ id: z.string() });
const patience = { queue: 'bulk', payload, attempts: 2, backoff_seconds: 0.2, timeout_seconds: 5 } as const;
const noted = defineJob({ name: 'test.noted', ...patience });
const poisoned = defineJob({ name: 'test.poisoned', ...patience });
const endless = defineJob({ name: 'test.endless', ...patience, attempts: 1, timeout_seconds: 0.3 });

const password = 'only-for-tests';
const folder = mkdtempSync(join(tmpdir(), 'billingos-test-jobs-'));
let redis: Awaited<ReturnType<typeof startRedis>>;
let api: TestApi;
let worker: INestApplicationContext;
let tenant: Tenant;
let runs: string[] = [];

beforeAll(async () => {
  // A Redis of its own: it is emptied and stopped here.
  redis = await startRedis({ dir: folder, password });
  api = await startApi({ REDIS_URL: redis.url });
  tenant = await api.newTenant();
});
beforeEach(() => {
  runs = [];
});
afterAll(async () => {
  await worker.close();
  await api.close();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

function add(definition: typeof noted, ids: string[]): Promise<void> {
  return api.app.get(Database).tenant(tenant.environment_id, async () => {
    for (const id of ids) {
      await api.app.get(Outbox).add(tenant.environment_id, definition, { id });
    }
  });
}

async function jobs(name: string): Promise<{ state: string; attempts: number; error: string | null }[]> {
  const { rows } = await api.database.owner.query(
    'select state, attempts, error from outbox where name = $1 order by id',
    [name],
  );
  return rows;
}

let onRun: ((id: string) => void) | undefined;

async function note({ id }: { id: string }): Promise<void> {
  runs.push(id);
  onRun?.(id);
}

/** A worker beside the first, which knows the same jobs. */
async function anotherWorker(): Promise<INestApplicationContext> {
  const other = await NestFactory.createApplicationContext(WorkerModule, {
    logger: false,
    abortOnError: false,
  });
  const handlers = other.get(JobHandlers);
  handlers.register(noted, note);
  handlers.register(poisoned, async ({ id }) => {
    throw new TypeError(`${id} is poison`);
  });
  handlers.register(endless, () => new Promise(() => undefined));
  await other.get(Redis).connect();
  await other.get(JobWorker).start();
  return other;
}

/** Until nothing waits to be run. */
async function jobsEnded(): Promise<void> {
  await expect
    .poll(
      async () => {
        const { rows } = await api.database.owner.query(
          `select id from outbox where state in ('pending', 'enqueued') and name like 'test.%'`,
        );
        return rows;
      },
      { timeout: 15_000 },
    )
    .toEqual([]);
}

const ids = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}_${i}`);

describe('the worker', () => {
  it('refuses to start while a job has no handler', async () => {
    worker = await NestFactory.createApplicationContext(WorkerModule, { logger: false, abortOnError: false });
    await expect(Promise.resolve().then(() => worker.get(JobWorker).start())).rejects.toThrow(
      'Jobs without a handler: test.noted, test.poisoned, test.endless',
    );
    const handlers = worker.get(JobHandlers);
    handlers.register(noted, note);
    handlers.register(poisoned, async ({ id }) => {
      runs.push(id);
      throw new TypeError(`${id} is poison`);
    });
    handlers.register(endless, () => new Promise(() => undefined));
    await worker.get(Redis).connect();
    await worker.get(JobWorker).start();
  });

  it('gives a poisoned job up after its attempts, and does the others meanwhile', async () => {
    await add(poisoned, ['bad']);
    await add(noted, ids(20, 'good'));
    await expect
      .poll(() => jobs('test.poisoned'), { timeout: 8_000 })
      .toEqual([{ state: 'failed', attempts: 2, error: 'TypeError: bad is poison' }]);
    expect(runs.filter((id) => id === 'bad')).toHaveLength(2);
    expect((await jobs('test.noted')).every(({ state }) => state === 'done')).toBe(true);
    const { body } = await tenant.asOwner('GET', 'jobs?state=failed');
    expect(body['data']).toEqual([
      expect.objectContaining({ name: 'test.poisoned', state: 'failed', attempts: 2 }),
    ]);
  });

  // INV-42
  it('lets one poisoned job in a hundred hold up the others by little', async () => {
    await jobsEnded();
    /** When the 99th of a hundred of them had run, in ms. */
    const slowest = async (prefix: string, amongThem: () => Promise<unknown>): Promise<number> => {
      const good = ids(396, prefix);
      const took: number[] = [];
      const began = Date.now();
      onRun = (id) => {
        if (id.startsWith(prefix)) took.push(Date.now() - began);
      };
      await add(noted, good.slice(0, 198));
      await amongThem();
      await add(noted, good.slice(198));
      await expect.poll(() => took.length, { timeout: 60_000 }).toBe(good.length);
      onRun = undefined;
      return took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? Infinity;
    };
    // 400 jobs at once take their time, more of it on a busy machine.
    const alone = await slowest('calm', () => Promise.resolve());
    const beside = await slowest('busy', async () => {
      await add(poisoned, ['poison_1', 'poison_2']);
      await add(endless, ['endless_1', 'endless_2']);
    });
    await expect
      .poll(async () => [...(await jobs('test.poisoned')), ...(await jobs('test.endless'))], {
        timeout: 30_000,
      })
      .toSatisfy((found: { state: string }[]) => found.every(({ state }) => state === 'failed'));

    expect(beside - alone).toBeLessThan(10_000);
  }, 160_000);

  // INV-45
  it('runs each job once, though three workers look for what is due at the same time', async () => {
    await jobsEnded();
    const others = await Promise.all([anotherWorker(), anotherWorker()]);
    const wanted = ids(300, 'shared');
    await Promise.all([0, 100, 200].map((from) => add(noted, wanted.slice(from, from + 100))));
    await expect
      .poll(() => runs.filter((id) => id.startsWith('shared')).length, { timeout: 15_000 })
      .toBe(300);
    await jobsEnded();
    for (const other of others) {
      await other.close();
    }

    expect(runs.filter((id) => id.startsWith('shared')).toSorted()).toEqual(wanted.toSorted());
  }, 60_000);

  it('ends a job that takes too long', async () => {
    await add(endless, ['stuck']);
    await expect
      .poll(() => jobs('test.endless'), { timeout: 8_000 })
      .toContainEqual({
        state: 'failed',
        attempts: 1,
        error: 'Error: test.endless did not finish within 0.3 s.',
      });
  });

  // INV-40
  it('runs every job once, though Redis is emptied again and again', async () => {
    const wanted = ids(300, 'kept');
    for (let i = 0; i < wanted.length; i += 30) {
      await add(noted, wanted.slice(i, i + 30));
      await new Promise((resolve) => setTimeout(resolve, 60));
      await api.app.get(Redis).client.flushdb();
    }
    // What Redis lost is handed over again when its lease ends.
    let now = Date.now();
    worker.get(Clock).now = () => new Date(now);
    await expect
      .poll(
        () => {
          now += 61_000;
          return new Set(runs).size;
        },
        { timeout: 15_000, interval: 500 },
      )
      .toBe(wanted.length);
    worker.get(Clock).now = () => new Date();
    await expect
      .poll(async () => (await jobs('test.noted')).filter(({ state }) => state !== 'done'), {
        timeout: 5_000,
      })
      .toEqual([]);
    expect(runs.toSorted()).toEqual(wanted.toSorted());
  });

  // INV-43
  it('gives jobs back while Redis is away, and does them when it is there again', async () => {
    const { port } = redis;
    await redis.stop();
    await add(noted, ids(5, 'waiting'));
    // The relay takes them, waits for Redis in vain, and lets go.
    await expect
      .poll(async () => (await jobs('test.noted')).filter(({ state }) => state === 'enqueued').length, {
        timeout: 5_000,
        interval: 20,
      })
      .toBe(5);
    await expect
      .poll(async () => (await jobs('test.noted')).filter(({ state }) => state === 'pending').length, {
        timeout: 10_000,
        interval: 20,
      })
      .toBe(5);
    expect(runs).toEqual([]);
    redis = await startRedis({ dir: folder, port, password });
    await expect.poll(() => runs.toSorted(), { timeout: 15_000 }).toEqual(ids(5, 'waiting'));
    await expect
      .poll(async () => (await jobs('test.noted')).every(({ state }) => state === 'done'), {
        timeout: 10_000,
      })
      .toBe(true);
  }, 45_000);
});
