import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { EntitlementStreams } from './entitlement-streams.ts';
import { entitlementsChanged } from './entitlements.jobs.ts';
import { EntitlementsRepository, type NewEntitlement } from './entitlements.repository.ts';
import { cacheKeyOf } from './snapshot.ts';
import { SnapshotCache } from './snapshot-cache.ts';

/** What customers may do: granted by whoever sells, in the transaction of the state it follows. */
@Injectable()
export class EntitlementsService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly entitlements: EntitlementsRepository,
    private readonly customers: CustomersService,
    private readonly cache: SnapshotCache,
    private readonly streams: EntitlementStreams,
    private readonly outbox: Outbox,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(
      entitlementsChanged,
      async ({ customer_id: id }, { environment_id: environmentId }) => {
        const customer = await this.customers.get(environmentId, id);
        await this.cache.invalidateForSure(
          environmentId,
          cacheKeyOf(customer),
          customer.entitlements_version,
        );
        await this.streams.changed(environmentId, cacheKeyOf(customer));
      },
    );
  }

  /**
   * Makes a subscription's grants these and no others, in the open transaction. After its commit no cache of this
   * process or in Redis answers from before; a job makes sure of it.
   */
  async grant(
    environmentId: string,
    customerId: string,
    subscriptionId: string,
    entitlements: NewEntitlement[],
  ): Promise<void> {
    await this.entitlements.replace(environmentId, subscriptionId, entitlements);
    await this.changed(environmentId, customerId);
  }

  /** What subscriptions grant now, in the open transaction. */
  ofSubscriptions(environmentId: string, subscriptionIds: string[]) {
    return this.entitlements.ofSubscriptions(environmentId, subscriptionIds);
  }

  /** Says that what a customer may do has changed, in the open transaction. */
  async changed(environmentId: string, customerId: string): Promise<void> {
    await this.customers.bumpEntitlementsVersion(environmentId, customerId);
    await this.outbox.add(environmentId, entitlementsChanged, { customer_id: customerId });
    const customer = await this.customers.get(environmentId, customerId);
    this.database.afterCommit(async () => {
      await this.cache.invalidate(environmentId, cacheKeyOf(customer), customer.entitlements_version);
      await this.streams.changed(environmentId, cacheKeyOf(customer));
    });
  }

  /** Says that Stripe may know more about the customer than we do, in the open transaction. */
  async markPending(environmentId: string, customerId: string): Promise<void> {
    await this.customers.markUnsynced(environmentId, customerId, true);
    const customer = await this.customers.get(environmentId, customerId);
    this.database.afterCommit(() => this.streams.changed(environmentId, cacheKeyOf(customer)));
  }
}
