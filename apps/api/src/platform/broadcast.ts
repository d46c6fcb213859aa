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
  private readonly lost: (() => void)[] = [];
  private readonly subscriber: Client;
  private subscribed = false;

  constructor(
    private readonly redis: Redis,
    private readonly log: Log,
  ) {
    this.subscriber = redis.newListener();
    // The other connection reports that Redis is away.
    this.subscriber.on('error', () => undefined);
    this.subscriber.on('message', (_: string, text: string) => this.receive(text));
    this.subscriber.on('ready', () => void this.subscribe());
    this.subscriber.on('close', () => {
      this.subscribed = false;
      this.lost.forEach((listener) => listener());
    });
    redis.client.once('ready', () => {
      // Connects, and again whenever the connection is lost.
      this.subscriber.connect().catch(() => undefined);
    });
  }

  /** False: what others tell does not arrive here now. */
  get isConnected(): boolean {
    return this.subscribed;
  }

  /** Called each time from when on messages may be lost. */
  onLost(listener: () => void): void {
    this.lost.push(listener);
  }

  /** One listener for each topic. It must not throw. */
  on(topic: string, listener: (message: string) => void): void {
    this.listeners.set(topic, listener);
  }

  /** What to publish, and where: for a script that tells what it has written, in the same step. */
  envelope(topic: string, message: string): { channel: string; text: string } {
    return { channel, text: `${topic} ${message}` };
  }

  async tell(topic: string, message: string): Promise<void> {
    const { text } = this.envelope(topic, message);
    await this.redis.client.publish(channel, text).catch((error: unknown) => {
      this.log.warn('broadcast.not_sent', { topic, error: error instanceof Error ? error : undefined });
    });
  }

  onApplicationShutdown(): void {
    this.subscriber.disconnect();
  }

  private async subscribe(): Promise<void> {
    try {
      await this.subscriber.subscribe(channel);
      this.subscribed = true;
    } catch (error) {
      this.log.warn('broadcast.not_subscribed', { error: error instanceof Error ? error : undefined });
    }
  }

  private receive(text: string): void {
    const end = text.indexOf(' ');
    this.listeners.get(text.slice(0, end))?.(text.slice(end + 1));
  }
}
