import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Env } from '../../env.ts';
import type { Caller } from '../auth/caller.ts';
import { Clock } from '../clock.ts';
import { Log } from '../log.ts';
import { Redis } from '../redis.ts';
import { RateLimiter } from './rate-limiter.ts';
import { TooManyRequests } from './rate-limits.errors.ts';
import { SharedCounts } from './shared-counts.ts';

const windowSeconds = 60;
const exchangeMs = 500;
/** This minute's and the one before. */
const keptSeconds = 2 * windowSeconds;

/** Protects the service: how often a key, a member, an environment and an address may call it in a minute. */
@Injectable()
export class RequestLimits implements OnApplicationShutdown {
  private readonly counts = new SharedCounts();
  private readonly exchanging: NodeJS.Timeout;
  private isAway = false;

  constructor(
    private readonly env: Env,
    private readonly redis: Redis,
    private readonly limiter: RateLimiter,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.exchanging = setInterval(() => void this.exchange(), exchangeMs).unref();
  }

  /** Of a known caller: its own limit, and that of all callers of the environment together. Throws `TooManyRequests`. */
  ofCaller(caller: Caller): void {
    const id = caller.kind === 'api_key' ? caller.key_id : caller.user_id;
    this.count(caller.kind === 'api_key' ? 'key' : 'user', id, this.env.get('RATE_LIMIT_PER_KEY'));
    if (caller.kind !== 'user') {
      this.count('environment', caller.environment_id, this.env.get('RATE_LIMIT_PER_ENVIRONMENT'));
    }
  }

  /** Of nobody known: the address. Throws `TooManyRequests`. */
  ofAddress(address: string): Promise<void> {
    return this.take('address', address, this.env.get('RATE_LIMIT_PER_ADDRESS'));
  }

  /** Of who guesses: a zone of its own, so that an address cannot be locked out by it. Throws `TooManyRequests`. */
  ofWrongCredential(address: string): Promise<void> {
    return this.take('wrong_credentials', address, this.env.get('RATE_LIMIT_WRONG_CREDENTIALS'));
  }

  onApplicationShutdown(): void {
    clearInterval(this.exchanging);
  }

  private count(zone: string, id: string, limit: number): void {
    const waitSeconds = this.counts.take(`${zone}:${id}`, limit, this.clock.now().getTime());
    if (waitSeconds > 0) {
      throw new TooManyRequests({
        zone,
        limit,
        window_seconds: windowSeconds,
        retry_after_seconds: waitSeconds,
      });
    }
  }

  private async take(zone: string, address: string, limit: number): Promise<void> {
    const window = { name: zone, limit, window_ms: windowSeconds * 1_000 };
    const { isAllowed, windows } = await this.limiter.take(`address:${address}`, [window]);
    if (!isAllowed) {
      const retryAt = windows[0]?.retry_at ?? 0;
      const waitMs = retryAt - this.clock.now().getTime();
      throw new TooManyRequests({
        zone,
        limit,
        window_seconds: windowSeconds,
        retry_after_seconds: Math.max(1, Math.ceil(waitMs / 1_000)),
      });
    }
  }

  private async exchange(): Promise<void> {
    try {
      await this.counts.exchange((counts) => this.addInRedis(counts), this.clock.now().getTime());
      this.isAway = false;
    } catch (error) {
      if (!this.isAway) {
        this.log.warn('rate_limits.not_shared', { error: error instanceof Error ? error : undefined });
      }
      this.isAway = true;
    }
  }

  private async addInRedis(counts: { name: string; minute: number; calls: number }[]): Promise<number[]> {
    // One by one: the nodes of a cluster take no pipeline whose keys are not all theirs.
    return Promise.all(
      counts.map(async ({ name, minute, calls }) => {
        const key = `requests:{${name}}:${minute}`;
        const [sum] = await Promise.all([
          this.redis.client.incrby(key, calls),
          this.redis.client.expire(key, keptSeconds),
        ]);
        return sum;
      }),
    );
  }
}
