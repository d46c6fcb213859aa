import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';
import { Env } from '../../env.ts';
import { Broadcast } from '../../platform/broadcast.ts';
import { ServiceUnavailable } from '../../platform/errors.ts';
import { isId } from '../../platform/ids.ts';
import { Log } from '../../platform/log.ts';
import { plainReference } from '../customers/customer-reference.ts';
import { describeEntitlements } from './customer-entitlements.ts';
import { TooManyStreams } from './entitlements.errors.ts';
import { EntitlementsRepository } from './entitlements.repository.ts';
import { EventChannel, type Happening, type Reader } from './event-channel.ts';
import { EventStream } from './event-stream.ts';
import { followedEveryMs, FollowedUsage, type FollowedTotal } from './followed-usage.ts';
import { cacheKeyOf, type Snapshot } from './snapshot.ts';
import { SnapshotLoader } from './snapshot-loader.ts';

const topic = 'entitlements';
/** A channel that nobody reads any more goes on for so long, for those who come back. */
const lingerMs = 30_000;
const meterKeysMs = 60_000;

/** Who wants to be told of what. */
export interface Following {
  environment_id: string;
  /** The key, or the member: each may have so many streams at once. */
  caller_id: string;
  customers: readonly string[] | undefined;
  last_event_id: string | undefined;
}

/**
 * Streams of what customers may do. A change is broadcast to every process; one in which somebody follows the customer
 * reads the snapshot once and writes it to all of its readers.
 */
@Injectable()
export class EntitlementStreams implements OnModuleInit, OnModuleDestroy {
  private readonly channels = new Map<string, EventChannel>();
  private readonly openOf = new Map<string, number>();
  /** Customers whose snapshot is being read, and whether it changed again meanwhile. */
  private readonly reading = new Map<string, { isOutdated: boolean }>();
  private readonly meterKeys = new LRUCache<string, ReadonlyMap<string, string>>({
    max: 1_000,
    ttl: meterKeysMs,
  });
  private following: NodeJS.Timeout | undefined;

  constructor(
    private readonly env: Env,
    private readonly broadcast: Broadcast,
    private readonly usage: FollowedUsage,
    private readonly loader: SnapshotLoader,
    private readonly entitlements: EntitlementsRepository,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.broadcast.on(topic, (message) => {
      const end = message.indexOf(' ');
      void this.refresh(message.slice(0, end), message.slice(end + 1));
    });
    this.broadcast.onLost(() => this.endAll());
    this.usage.onTotals((environmentId, totals) => void this.publishTotals(environmentId, totals));
    this.following = setInterval(() => this.keepFollowing(), followedEveryMs).unref();
  }

  /** Before the server closes: it waits for answers that are under way, and these would never end. */
  onModuleDestroy(): void {
    clearInterval(this.following);
    this.channels.forEach(({ lingering }) => clearTimeout(lingering));
    this.endAll();
  }

  /** Says, after the commit, that what a customer may do has changed. */
  async changed(environmentId: string, cacheKey: string): Promise<void> {
    await this.broadcast.tell(topic, `${environmentId} ${cacheKey}`);
  }

  /**
   * The body of the answer: what was missed since `last_event_id`, or `reset` and then the snapshots of the customers
   * named; then `ready`, and each change. Throws `TooManyStreams`, and `ServiceUnavailable` while changes made elsewhere
   * would not be heard of.
   */
  async open(wish: Following): Promise<Readable> {
    if (!this.broadcast.isConnected) {
      throw new ServiceUnavailable(new Error('Nobody would tell the stream of changes.'));
    }
    const { environment_id: environmentId, caller_id: callerId, last_event_id: lastEventId } = wish;
    this.count(callerId);
    const channel = this.channelOf(environmentId);
    const customers = wish.customers && new Set(wish.customers.map(plainReference));
    const stream = new EventStream(() => void this.startAnew(environmentId, channel, reader));
    const reader: Reader = { stream, customers };
    stream.once('close', () => this.leave(environmentId, channel, reader, callerId));

    try {
      await this.usage.follow(environmentId);
      await this.resolveOwnNames(environmentId, customers);
      // From here to the events that were missed in one step, so that none is told twice or out of turn.
      channel.readers.add(reader);
      if (lastEventId !== undefined && channel.resume(reader, lastEventId)) {
        channel.tell(reader, 'ready');
      } else {
        await this.tellState(environmentId, channel, reader);
      }
    } catch (error) {
      stream.destroy();
      throw error;
    }
    return stream;
  }

  /** Changes are told under the name that the merchant's own code asks by; who names a customer by our id is told, too. */
  private async resolveOwnNames(environmentId: string, customers: Set<string> | undefined): Promise<void> {
    const ours = [...(customers ?? [])].filter((reference) => isId('customer', reference));
    for (const { customer_id: id, external_id: externalId } of await this.snapshots(environmentId, ours)) {
      if (id !== null) {
        customers?.add(cacheKeyOf({ id, external_id: externalId }));
      }
    }
  }

  private count(callerId: string): void {
    const open = this.openOf.get(callerId) ?? 0;
    const max = this.env.get('STREAMS_PER_KEY');
    if (open >= max) {
      throw new TooManyStreams(max);
    }
    this.openOf.set(callerId, open + 1);
  }

  private channelOf(environmentId: string): EventChannel {
    const channel = this.channels.get(environmentId) ?? new EventChannel();
    clearTimeout(channel.lingering);
    this.channels.set(environmentId, channel);
    return channel;
  }

  private leave(environmentId: string, channel: EventChannel, reader: Reader, callerId: string): void {
    channel.readers.delete(reader);
    const open = (this.openOf.get(callerId) ?? 1) - 1;
    if (open > 0) {
      this.openOf.set(callerId, open);
    } else {
      this.openOf.delete(callerId);
    }
    if (channel.readers.size === 0) {
      clearTimeout(channel.lingering);
      channel.lingering = setTimeout(() => this.channels.delete(environmentId), lingerMs).unref();
    }
  }

  private keepFollowing(): void {
    for (const environmentId of this.channels.keys()) {
      void this.usage.follow(environmentId);
    }
  }

  /** Reads what changed, once for all who follow the customer. Never rejects. */
  private async refresh(environmentId: string, cacheKey: string): Promise<void> {
    const channel = this.channels.get(environmentId);
    if (channel === undefined) {
      return;
    }
    const name = `${environmentId} ${cacheKey}`;
    const current = this.reading.get(name);
    if (current !== undefined) {
      // It may have been read before this change was committed.
      current.isOutdated = true;
      return;
    }
    const reading = { isOutdated: true };
    this.reading.set(name, reading);
    try {
      while (reading.isOutdated) {
        reading.isOutdated = false;
        const snapshot = await this.loader.load(environmentId, cacheKey);
        channel.publish(await this.happening(environmentId, snapshot));
      }
    } catch (error) {
      this.log.warn('entitlement_streams.not_read', { error: error instanceof Error ? error : undefined });
      this.end(channel);
    } finally {
      this.reading.delete(name);
    }
  }

  private async publishTotals(environmentId: string, totals: FollowedTotal[]): Promise<void> {
    const channel = this.channels.get(environmentId);
    if (channel === undefined) {
      return;
    }
    try {
      const keys = await this.keysOf(
        environmentId,
        totals.map(({ meter_id: id }) => id),
      );
      channel.publish(
        totals.flatMap(({ meter_id: id, ...total }) => {
          const meter = keys.get(id);
          return meter === undefined
            ? []
            : [
                {
                  customer: total.customer,
                  name: 'usage' as const,
                  data: JSON.stringify({ ...total, meter }),
                },
              ];
        }),
      );
    } catch (error) {
      this.log.warn('entitlement_streams.usage_not_told', {
        error: error instanceof Error ? error : undefined,
      });
      this.end(channel);
    }
  }

  /** Nobody tells us any more: whoever reads is better off without us, and comes back. */
  private endAll(): void {
    for (const channel of this.channels.values()) {
      this.end(channel);
    }
  }

  private end(channel: EventChannel): void {
    channel.startOver();
    channel.readers.forEach(({ stream }) => stream.finish());
  }

  /** Events were left out: the reader is told so, and the state as it is. */
  private async startAnew(environmentId: string, channel: EventChannel, reader: Reader): Promise<void> {
    try {
      await this.tellState(environmentId, channel, reader);
    } catch {
      // It comes back, and finds out then whether we can read again.
      reader.stream.destroy();
    }
  }

  private async tellState(environmentId: string, channel: EventChannel, reader: Reader): Promise<void> {
    channel.tell(reader, 'reset');
    const told = new Set<string>();
    for (const snapshot of await this.snapshots(environmentId, [...(reader.customers ?? [])])) {
      for (const { customer, data } of await this.happening(environmentId, snapshot)) {
        // Named by our id and by the merchant's own.
        if (!told.has(customer)) {
          channel.tell(reader, 'entitlements', data);
        }
        told.add(customer);
      }
    }
    channel.tell(reader, 'ready');
  }

  private snapshots(environmentId: string, references: readonly string[]): Promise<Snapshot[]> {
    return Promise.all(references.map((reference) => this.loader.load(environmentId, reference)));
  }

  /** Nothing, of a customer that does not exist. */
  private async happening(environmentId: string, snapshot: Snapshot): Promise<Happening[]> {
    const { customer_id: id, external_id: externalId } = snapshot;
    if (id === null) {
      return [];
    }
    const meters = Object.values(snapshot.features).flatMap(({ meter_id: meter }) => meter ?? []);
    const keys = await this.keysOf(environmentId, meters);
    const data = JSON.stringify(describeEntitlements({ ...snapshot, customer_id: id }, keys));
    return [{ customer: cacheKeyOf({ id, external_id: externalId }), name: 'entitlements', data }];
  }

  private async keysOf(environmentId: string, meterIds: readonly string[]) {
    const known = this.meterKeys.get(environmentId);
    if (known !== undefined && meterIds.every((id) => known.has(id))) {
      return known;
    }
    const keys = await this.entitlements.meterKeys(environmentId);
    this.meterKeys.set(environmentId, keys);
    return keys;
  }
}
