import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Database } from '../../platform/database/database.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Log } from '../../platform/log.ts';
import { refreshCustomer } from './entitlements.jobs.ts';

/** A check waits no longer for Stripe. */
const waitMs = 800;
/** A customer of whom Stripe may know more is asked about once in this time, however often it is checked. */
const askEveryMs = 3_000;

type Refresh = (environmentId: string, customerId: string, timeoutMs: number) => Promise<void>;

/**
 * Customers of whom Stripe may know more than we do: a checkout is open, or an answer is missing. Whoever keeps
 * subscriptions says how to ask.
 */
@Injectable()
export class UnsyncedCustomers implements OnModuleInit {
  private ask: Refresh | undefined;
  private readonly asking = new LRUCache<string, Promise<boolean>>({ max: 10_000, ttl: askEveryMs });

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly handlers: JobHandlers,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.handlers.register(
      refreshCustomer,
      async ({ customer_id: id }, { environment_id: environmentId }) => {
        await this.askWith()(environmentId, id, refreshCustomer.timeout_seconds * 1_000);
      },
    );
  }

  askBy(refresh: Refresh): void {
    this.ask = refresh;
  }

  /** Takes over what Stripe knows, once for all who wait. False when it took too long: then a job goes on. */
  refresh(environmentId: string, customerId: string): Promise<boolean> {
    const key = `${environmentId}:${customerId}`;
    const running = this.asking.get(key);
    if (running !== undefined) {
      return running;
    }
    const asked = this.askOnce(environmentId, customerId);
    this.asking.set(key, asked);
    return asked;
  }

  private async askOnce(environmentId: string, customerId: string): Promise<boolean> {
    try {
      await this.askWith()(environmentId, customerId, waitMs);
      return true;
    } catch (error) {
      this.log.warn('entitlements.stripe_not_asked', { error: error instanceof Error ? error : undefined });
      await this.database.tenant(environmentId, () =>
        this.outbox.add(environmentId, refreshCustomer, { customer_id: customerId }),
      );
      return false;
    }
  }

  private askWith(): Refresh {
    if (this.ask === undefined) {
      throw new Error('Nobody said how to ask Stripe about a customer.');
    }
    return this.ask;
  }
}
