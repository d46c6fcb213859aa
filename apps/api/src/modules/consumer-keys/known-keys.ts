import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Broadcast } from '../../platform/broadcast.ts';
import { Clock } from '../../platform/clock.ts';
import { Log } from '../../platform/log.ts';
import { ConsumerKeysRepository } from './consumer-keys.repository.ts';
import type { KnownKey } from './verification.ts';

/**
 * The longest a revoked key is still taken for valid by a process that every message was lost to, counted from when it
 * was read.
 */
const maxAgeMs = 8_000;
const keysMax = 50_000;
const lastUsedFlushMs = 5_000;
const topic = 'consumer_key';

/** What verifications know about keys: from this process's memory for seconds, else from Postgres. */
@Injectable()
export class KnownKeys implements OnApplicationShutdown {
  private readonly known = new LRUCache<string, KnownKey>({ max: keysMax, ttl: maxAgeMs });
  /** Below which version nothing is kept: who began to read before a change must not keep what was before. */
  private readonly newest = new LRUCache<string, number>({ max: keysMax, ttl: 2 * maxAgeMs });
  private readonly used = new Map<string, { environment_id: string; key_id: string; at: Date }>();
  private readonly flushing: NodeJS.Timeout;

  constructor(
    private readonly keys: ConsumerKeysRepository,
    private readonly broadcast: Broadcast,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    broadcast.on(topic, (message) => {
      const [hash = '', version] = message.split(' ');
      this.forget(hash, Number(version));
    });
    this.flushing = setInterval(() => void this.flushLastUsed(), lastUsedFlushMs).unref();
  }

  /** Undefined: the environment has no such key. */
  async find(environmentId: string, hash: Buffer): Promise<KnownKey | undefined> {
    const name = nameOf(environmentId, hash);
    const known = this.known.get(name);
    if (known !== undefined) {
      return known;
    }
    const began = performance.now();
    const found = await this.keys.findKnown(environmentId, hash);
    const ttl = maxAgeMs - (performance.now() - began);
    if (found !== undefined && ttl > 0 && found.version >= (this.newest.get(name) ?? 0)) {
      this.known.set(name, found, { ttl });
    }
    return found;
  }

  /** Says that a key has changed, after the commit: at once here, and as fast as Redis is everywhere else. */
  async changed(environmentId: string, hash: Buffer, version: number): Promise<void> {
    const name = nameOf(environmentId, hash);
    this.forget(name, version);
    await this.broadcast.tell(topic, `${name} ${version}`);
  }

  noteUse(environmentId: string, keyId: string): void {
    this.used.set(keyId, { environment_id: environmentId, key_id: keyId, at: this.clock.now() });
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.flushing);
    await this.flushLastUsed();
  }

  private forget(name: string, version: number): void {
    this.known.delete(name);
    this.newest.set(name, Math.max(version, this.newest.get(name) ?? 0));
  }

  /** "Last used" is for people to look at: written in batches, and a lost batch harms nobody. */
  private async flushLastUsed(): Promise<void> {
    const batch = [...this.used.values()];
    this.used.clear();
    if (batch.length === 0) {
      return;
    }
    await this.keys.touch(batch).catch((error: unknown) => {
      this.log.warn('consumer_keys.last_used_not_written', {
        error: error instanceof Error ? error : undefined,
      });
    });
  }
}

/** Of the environment, too: a key of another one is not found, whoever asked before. */
function nameOf(environmentId: string, hash: Buffer): string {
  return `${environmentId}:${hash.toString('base64')}`;
}
