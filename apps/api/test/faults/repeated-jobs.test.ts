import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { JobHandlers } from '../../src/platform/jobs/job-handlers.ts';
import { captures, made, openShop, standing, type Shop } from '../fixtures/shop.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-41. BullMQ runs a job at least once, and a stalled one beside itself. Here every handler runs two or three times at
// once, whatever the job, and a merchant who asks for everything must end up like one whose jobs ran once.

const find = Reflect.get(JobHandlers.prototype, 'find');

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
}, 120_000);
afterEach(() => {
  JobHandlers.prototype.find = find;
});
afterAll(() => stack.close());

/** From now on every handler runs `times` times at once. The names of those that did, as often as they were asked. */
function repeatJobs(times: (run: number) => number): string[] {
  const ran: string[] = [];
  JobHandlers.prototype.find = function repeated(name) {
    const handle = find.call(this, name);
    if (handle === undefined) {
      return undefined;
    }
    return async (payload, context) => {
      ran.push(name);
      const runs = Array.from({ length: times(ran.length) }, () => handle(payload, context));
      const failed = (await Promise.allSettled(runs)).find(({ status }) => status === 'rejected');
      // As for any job that fails, the worker tries again.
      if (failed?.status === 'rejected') {
        throw failed.reason;
      }
    };
  };
  return ran;
}

async function askForEverything({ tenant, requests }: Shop): Promise<void> {
  for (const { method, path, body } of requests) {
    const { status } = await tenant.asServer(method, path, body);
    expect(status, path).toBeLessThan(300);
  }
  // Also what was put off: the jobs that would resume what was begun.
  stack.passTime(31);
  await stack.settle();
  stack.passTime(-31);
}

/** Without the one that is asked for only if a failure is heard of before the card that mends it: either may come first. */
function kindsOf(ran: readonly string[]): Set<string> {
  return new Set(ran.filter((name) => name !== 'recovery.try_new_payment_method'));
}

describe('every job', () => {
  it('that runs more than once, beside itself, leaves what it leaves when it runs once', async () => {
    const once = repeatJobs(() => 1);
    const undisturbed = await openShop(stack);
    await askForEverything(undisturbed);
    const expected = { standing: await standing(stack, undisturbed), made: await made(stack, undisturbed) };
    const often = repeatJobs((run) => 2 + (run % 2));
    const shop = await openShop(stack);
    await askForEverything(shop);

    expect(await standing(stack, shop)).toEqual(expected.standing);
    expect(await made(stack, shop)).toEqual(expected.made);
    expect(Math.max(...(await captures(stack, shop)))).toBe(1);
    expect(kindsOf(often)).toEqual(kindsOf(once));
    expect(kindsOf(often).size).toBeGreaterThan(5);
  }, 240_000);
});
