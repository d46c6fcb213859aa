import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Redis as Client, type RedisOptions } from 'ioredis';
import { Env } from '../env.ts';
import { Log } from './log.ts';

/** A cache that answers slower than this is a cache that is away: Postgres answers instead. */
const commandTimeoutMs = 250;

/**
 * The cache connection. Commands fail at once while Redis is away, instead of queueing: what is read here can always
 * be read from Postgres.
 */
@Injectable()
export class Redis implements OnApplicationShutdown {
  readonly client: Client;

  constructor(env: Env, log: Log) {
    this.client = new Client(env.get('REDIS_URL'), {
      ...reconnecting,
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: commandTimeoutMs,
      connectionName: 'billingos-cache',
    });
    let away = false;
    this.client.on('error', (error) => {
      // ioredis reports every attempt to reconnect; the first one says it all.
      if (!away) {
        log.warn('redis.away', { error });
      }
      away = true;
    });
    this.client.on('ready', () => {
      if (away) {
        log.info('redis.back');
      }
      away = false;
    });
  }

  /** Starts connecting and waits for the first answer, at most a moment: a start without Redis works from Postgres. */
  async connect(): Promise<void> {
    await this.client.connect().catch(() => undefined);
  }

  async ping(): Promise<boolean> {
    return this.client.ping().then(
      () => true,
      () => false,
    );
  }

  onApplicationShutdown(): void {
    this.client.disconnect();
  }
}

const reconnecting = {
  retryStrategy: (attempt: number) => Math.min(attempt * 100, 2_000),
} satisfies RedisOptions;

/** Options for BullMQ's own connections: a queue waits for Redis to come back, for ever. */
export function queueConnection(env: Env) {
  const url = new URL(env.get('REDIS_URL'));
  return {
    ...reconnecting,
    host: url.hostname,
    port: Number(url.port || 6379),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.pathname.length > 1 ? { db: Number(url.pathname.slice(1)) } : {}),
    ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
    maxRetriesPerRequest: null,
    connectionName: 'billingos-queue',
  };
}
