import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Redis as Client } from 'ioredis';
import { Log } from './log.ts';
import { Redis } from './redis.ts';

const channel = 'billingos:broadcast';

/**
 * Tells every process, this one too, that a copy is out of date. A message may be lost (Redis away, a process that
 * starts): whoever listens must bound the age of what it keeps.
 */
@Injectable()
export class Broadcast implements OnApplicationShutdown {
  private readonly listeners = new Map<string, (message: string) => void>();
  private readonly subscriber: Client;

  constructor(
    private readonly redis: Redis,
    private readonly log: Log,
  ) {
    this.subscriber = redis.client.duplicate({
      lazyConnect: true,
      enableOfflineQueue: true,
      maxRetriesPerRequest: null,
      // Nothing is answered while nobody says anything.
      commandTimeout: undefined,
      connectionName: 'billingos-broadcast',
    });
    // The other connection reports that Redis is away.
    this.subscriber.on('error', () => undefined);
    this.subscriber.on('message', (_: string, text: string) => this.receive(text));
    redis.client.once('ready', () => {
      this.subscriber.subscribe(channel).catch((error: unknown) => {
        log.warn('broadcast.not_subscribed', { error: error instanceof Error ? error : undefined });
      });
    });
  }

  /** One listener for each topic. It must not throw. */
  on(topic: string, listener: (message: string) => void): void {
    this.listeners.set(topic, listener);
  }

  async tell(topic: string, message: string): Promise<void> {
    await this.redis.client.publish(channel, `${topic} ${message}`).catch((error: unknown) => {
      this.log.warn('broadcast.not_sent', { topic, error: error instanceof Error ? error : undefined });
    });
  }

  onApplicationShutdown(): void {
    this.subscriber.disconnect();
  }

  private receive(text: string): void {
    const end = text.indexOf(' ');
    this.listeners.get(text.slice(0, end))?.(text.slice(end + 1));
  }
}
