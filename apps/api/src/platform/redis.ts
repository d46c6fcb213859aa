import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Redis as Client, Cluster, type ClusterOptions } from 'ioredis';
import { Env } from '../env.ts';
import { Log } from './log.ts';

/** A cache that answers slower than this is a cache that is away: Postgres answers instead. */
const commandTimeoutMs = 250;
/** How often a cluster may send a command on to another node, and how long it waits before: within the time above. */
const redirectionsMax = 3;
const redirectionPauseMs = 50;

/**
 * The cache connection. Commands fail at once while Redis is away, instead of queueing: what is read here can always
 * be read from Postgres.
 */
@Injectable()
export class Redis implements OnApplicationShutdown {
  readonly client: Client | Cluster;

  constructor(
    private readonly env: Env,
    log: Log,
  ) {
    const options = {
      ...optionsOf(env),
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: commandTimeoutMs,
      connectionName: 'billingos-cache',
    };
    this.client = isCluster(env)
      ? newCluster(options, {
          lazyConnect: true,
          enableOfflineQueue: false,
          maxRedirections: redirectionsMax,
          retryDelayOnFailover: redirectionPauseMs,
          retryDelayOnClusterDown: redirectionPauseMs,
        })
      : new Client(options);
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

  /** A connection to one node, for listening: what is published anywhere in a cluster reaches whoever listens anywhere. */
  newListener(): Client {
    return new Client({
      ...optionsOf(this.env),
      lazyConnect: true,
      maxRetriesPerRequest: null,
      connectionName: 'billingos-broadcast',
    });
  }

  /**
   * Does one thing and then another. One server runs commands in the order in which they are sent; two nodes of a cluster
   * know nothing of each other, so the second is sent when the first is answered.
   */
  async inOrder(first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<void> {
    const begun = first();
    if (this.client.isCluster) {
      await begun.catch(() => undefined);
    }
    await Promise.all([begun, second()]);
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

/** What BullMQ speaks through: a queue waits for Redis to come back, for ever. */
@Injectable()
export class QueueConnection implements OnApplicationShutdown {
  private cluster: Cluster | undefined;

  constructor(private readonly env: Env) {}

  /** Of one server, what to connect to: each queue has a connection of its own, and closes it. */
  get connection() {
    const options = { ...optionsOf(this.env), maxRetriesPerRequest: null, connectionName: 'billingos-queue' };
    if (!isCluster(this.env)) {
      return options;
    }
    if (this.cluster === undefined) {
      this.cluster = newCluster(options, {});
      // Whoever uses it reports its own failures; without a listener the error would end the process.
      this.cluster.on('error', () => undefined);
    }
    return this.cluster;
  }

  onApplicationShutdown(): void {
    this.cluster?.disconnect();
  }
}

function isCluster(env: Env): boolean {
  return env.get('REDIS_TOPOLOGY') === 'cluster';
}

/** Of a cluster, REDIS_URL names any node, or all of them by one name; the others are found by asking. */
function newCluster(options: ReturnType<typeof optionsOf>, more: ClusterOptions): Cluster {
  const { host, port, retryStrategy: clusterRetryStrategy, ...redisOptions } = options;
  return new Cluster([{ host, port }], {
    ...more,
    redisOptions,
    clusterRetryStrategy,
    // A cluster that lost a master fails the check, and whoever waits to be connected then waits for ever: a process that
    // starts, and the workers of all queues, also when the master is long back. Commands fail by themselves instead.
    enableReadyCheck: false,
    // The certificate of a node says its name, not its address.
    ...(redisOptions.tls === undefined ? {} : { dnsLookup: (name, found) => found(null, name) }),
  });
}

function optionsOf(env: Env) {
  const url = new URL(env.get('REDIS_URL'));
  return {
    retryStrategy: (attempt: number) => Math.min(attempt * 100, 2_000),
    host: url.hostname,
    port: Number(url.port || 6379),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.pathname.length > 1 ? { db: Number(url.pathname.slice(1)) } : {}),
    ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}
