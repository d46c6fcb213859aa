import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Redis } from '../../platform/redis.ts';
import { TooManyGuesses } from './customer-links.errors.ts';

const windowSeconds = 600;
/** People open a link, type a card, try another. */
const requestsMax = 120;
/** A mail program may have broken a link; nobody breaks twenty. */
const wrongMax = 20;
const addressesMax = 50_000;

/**
 * How often one address may ask about links, and be wrong. Counted in Redis for all instances together; while Redis is
 * away, each instance counts by itself.
 */
@Injectable()
export class GuessLimit {
  private readonly local = new LRUCache<string, number>({ max: addressesMax, ttl: windowSeconds * 1_000 });

  constructor(private readonly redis: Redis) {}

  /** Throws `TooManyGuesses`. */
  async assertMayAsk(address: string): Promise<void> {
    const wrong = await this.count(address, 'wrong', 0);
    const asked = await this.count(address, 'asked', 1);
    if (wrong >= wrongMax || asked > requestsMax) {
      throw new TooManyGuesses();
    }
  }

  async countWrong(address: string): Promise<void> {
    await this.count(address, 'wrong', 1);
  }

  /** Counts `by` up and returns how many there were in the window, in Redis or here, whichever saw more. */
  private async count(address: string, what: 'asked' | 'wrong', by: 0 | 1): Promise<number> {
    // An address is personal: what is kept of it, for minutes, is a hash.
    const key = `guess:${what}:${createHash('sha256').update(address).digest('base64url').slice(0, 22)}`;
    const here = (this.local.get(key) ?? 0) + by;
    if (by === 1) {
      this.local.set(key, here, { noUpdateTTL: true });
    }
    try {
      if (by === 0) {
        return Math.max(here, Number((await this.redis.client.get(key)) ?? 0));
      }
      const [, counted] =
        (await this.redis.client.multi().set(key, 0, 'EX', windowSeconds, 'NX').incr(key).exec()) ?? [];
      const everywhere = Number(counted?.[1] ?? 0);
      return Math.max(here, everywhere);
    } catch {
      return here;
    }
  }
}
