import { Injectable } from '@nestjs/common';
import type { Result } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { Clock } from '../clock.ts';
import { Redis } from '../redis.ts';
import { type Entry, type Limit, slotMs, type WindowState, windowState, withCall } from './sliding-window.ts';

/** A limit, and what it counts: `key:ckey_0199…`. */
export interface Window extends Limit {
  name: string;
}

export interface Taken {
  isAllowed: boolean;
  /** Of each window, in the order given. */
  windows: WindowState[];
}

const localWindowsMax = 50_000;

/**
 * Takes `cost` calls from every window at once, or from none. KEYS: one list for each window, entries `time:count`, the
 * newest first. ARGV: now, cost, then limit, window in ms and slot in ms of each. Answers whether, then used, when the
 * oldest leaves and when to try again, of each. `sliding-window.ts` is the same, for a process by itself.
 */
const takeScript = `
local now, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local allowed, answer, newest = 1, {1}, {}
for k = 1, #KEYS do
  local limit, window = tonumber(ARGV[3 * k]), tonumber(ARGV[3 * k + 1])
  local entries = redis.call('LRANGE', KEYS[k], 0, -1)
  local used, kept, inside = 0, 0, {}
  for i = 1, #entries do
    local at, count = string.match(entries[i], '(%d+):(%d+)')
    at, count = tonumber(at), tonumber(count)
    if at <= now - window then break end
    kept = i
    used = used + count
    inside[i] = {at, count}
  end
  if kept == 0 then
    redis.call('DEL', KEYS[k])
  elseif kept < #entries then
    redis.call('LTRIM', KEYS[k], 0, kept - 1)
  end
  local excess, retry = used + cost - limit, now
  for i = kept, 1, -1 do
    if excess <= 0 then break end
    excess = excess - inside[i][2]
    retry = inside[i][1] + window
  end
  if excess > 0 then retry = now + window end
  if used + cost > limit then allowed = 0 end
  newest[k] = inside[1]
  answer[3 * k - 1] = used
  answer[3 * k] = kept == 0 and now or inside[kept][1] + window
  answer[3 * k + 1] = retry
end
answer[1] = allowed
if allowed == 1 then
  for k = 1, #KEYS do
    local window, slot = tonumber(ARGV[3 * k + 1]), tonumber(ARGV[3 * k + 2])
    local at, count, last = now, cost, newest[k]
    if last and last[1] > at then at = last[1] end
    if last and math.floor(last[1] / slot) == math.floor(at / slot) then
      redis.call('LSET', KEYS[k], 0, string.format('%.0f:%.0f', at, last[2] + cost))
    else
      redis.call('LPUSH', KEYS[k], string.format('%.0f:%.0f', at, cost))
    end
    redis.call('PEXPIRE', KEYS[k], window + 1000)
    answer[3 * k - 1] = answer[3 * k - 1] + cost
    if not last then answer[3 * k] = at + window end
  end
end
return answer`;

declare module 'ioredis' {
  // The command that `defineCommand` adds below.
  interface RedisCommander<Context> {
    takeCalls(numberOfKeys: number, ...args: (string | number)[]): Result<number[], Context>;
  }
}

/**
 * Counts calls in sliding windows, exactly and for all processes together, by one script in Redis. While Redis is away
 * each process counts by itself: then as many processes let through as many times the limit, but never without limit.
 */
@Injectable()
export class RateLimiter {
  private readonly local = new LRUCache<string, Entry[]>({ max: localWindowsMax });

  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
  ) {
    redis.client.defineCommand('takeCalls', { lua: takeScript });
  }

  /**
   * Takes `cost` calls from all windows, or from none when one of them is full. `group` is what a cluster keeps in one
   * place, such as an environment's id.
   */
  async take(group: string, windows: readonly Window[], cost = 1): Promise<Taken> {
    if (windows.length === 0) {
      return { isAllowed: true, windows: [] };
    }
    const now = this.clock.now().getTime();
    try {
      return await this.takeTogether(group, windows, cost, now);
    } catch {
      return this.takeAlone(group, windows, cost, now);
    }
  }

  private async takeTogether(
    group: string,
    windows: readonly Window[],
    cost: number,
    now: number,
  ): Promise<Taken> {
    const answer = await this.redis.client.takeCalls(
      windows.length,
      ...windows.map(({ name }) => `rate:{${group}}:${name}`),
      now,
      cost,
      ...windows.flatMap((window) => [window.limit, window.window_ms, slotMs(window)]),
    );
    return {
      isAllowed: answer[0] === 1,
      windows: windows.map((_, index) => ({
        used: answer[3 * index + 1] ?? 0,
        frees_at: answer[3 * index + 2] ?? now,
        retry_at: answer[3 * index + 3] ?? now,
      })),
    };
  }

  private takeAlone(group: string, windows: readonly Window[], cost: number, now: number): Taken {
    const seen = windows.map((window) => {
      const key = `${group}:${window.name}`;
      return { key, window, ...windowState(this.local.get(key) ?? [], window, cost, now) };
    });
    const isAllowed = seen.every((one) => one.isAllowed);
    for (const { key, window, inside } of seen) {
      this.local.set(key, isAllowed ? withCall(inside, window, cost, now) : inside);
    }
    return {
      isAllowed,
      windows: seen.map(({ state, window, inside }) =>
        isAllowed
          ? {
              ...state,
              used: state.used + cost,
              frees_at: (inside[0]?.at ?? now) + window.window_ms,
            }
          : state,
      ),
    };
  }
}
