import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { backoffSeconds, defineJob } from './job.ts';
import { JobHandlers } from './job-handlers.ts';

const patience = {
  queue: 'bulk',
  payload: z.strictObject({ id: z.string() }),
  attempts: 3,
  timeout_seconds: 1,
} as const;
const first = defineJob({ name: 'test.first', backoff_seconds: 5, ...patience });
const context = { environment_id: 'env_1', job_id: 'job_1', signal: new AbortController().signal };

describe('a job', () => {
  it.each([
    [1, 5],
    [2, 10],
    [3, 20],
    [4, 40],
    [10, 2_560],
    [11, 3_600],
    [50, 3_600],
  ])('waits after failure %i for %i seconds', (attempt, seconds) => {
    expect(backoffSeconds(first, attempt)).toBe(seconds);
  });

  it('is defined once', () => {
    expect(() => defineJob({ name: 'test.first', backoff_seconds: 1, ...patience })).toThrow('defined twice');
  });

  it('has one handler', () => {
    const handlers = new JobHandlers();
    handlers.register(first, async () => undefined);
    expect(() => handlers.register(first, async () => undefined)).toThrow('two handlers');
  });

  it('without a handler, or a handler without a job, keeps a worker from starting', () => {
    const handlers = new JobHandlers();
    expect(() => handlers.assertComplete()).toThrow('Jobs without a handler: test.first');
    handlers.register(first, async () => undefined);
    expect(() => handlers.assertComplete()).not.toThrow();
    handlers.register({ ...first, name: 'test.unknown' }, async () => undefined);
    expect(() => handlers.assertComplete()).toThrow('handlers without a job: test.unknown');
  });

  it('is given what its definition says, or does not run', async () => {
    const handlers = new JobHandlers();
    const seen: string[] = [];
    handlers.register(first, async ({ id }) => {
      seen.push(id);
    });
    await handlers.find('test.first')?.({ id: 'a' }, context);
    expect(() => handlers.find('test.first')?.({ id: 1 }, context)).toThrow(z.ZodError);
    expect(seen).toEqual(['a']);
  });
});
