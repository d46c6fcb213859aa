import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Env } from '../../env.ts';
import { Log } from '../log.ts';
import { Sweeper } from './sweeper.ts';

let sweeper: Sweeper;
beforeEach(() => {
  const env = Env.read({
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
    REDIS_URL: 'redis://127.0.0.1:1',
    SUPABASE_URL: 'http://127.0.0.1:1',
    LOG_LEVEL: 'silent',
  });
  sweeper = new Sweeper(new Log(env));
});
afterEach(() => sweeper.stop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a sweep', () => {
  it('never runs beside itself, however long it takes', async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    sweeper.register({
      name: 'slow',
      every_ms: 1,
      run: async () => {
        running += 1;
        most = Math.max(most, running);
        await pause(20);
        running -= 1;
        runs += 1;
      },
    });
    sweeper.start();
    await expect.poll(() => runs, { timeout: 5_000 }).toBeGreaterThanOrEqual(4);
    expect(most).toBe(1);
  });

  it('that fails runs again, and holds up no other', async () => {
    let failed = 0;
    let other = 0;
    sweeper.register({
      name: 'broken',
      every_ms: 1,
      run: async () => {
        failed += 1;
        throw new Error('broken');
      },
    });
    sweeper.register({
      name: 'other',
      every_ms: 1,
      run: async () => {
        other += 1;
      },
    });
    sweeper.start();
    await expect.poll(() => Math.min(failed, other), { timeout: 5_000 }).toBeGreaterThanOrEqual(3);
  });

  it('that is stopped ends what it does and begins no more', async () => {
    let begun = 0;
    let ended = 0;
    sweeper.register({
      name: 'slow',
      every_ms: 1,
      run: async () => {
        begun += 1;
        await pause(50);
        ended += 1;
      },
    });
    sweeper.start();
    await expect.poll(() => begun, { timeout: 5_000 }).toBe(1);
    await sweeper.stop();
    expect(ended).toBe(1);
    await pause(20);
    expect(begun).toBe(1);
  });
});
