import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { PlansService } from '../catalog/plans.service.ts';
import { EntitlementsService } from '../entitlements/entitlements.service.ts';
import { combinedGrants, type CombinedGrant } from './grants.ts';
import { accessOf } from './subscription.ts';
import { SubscriptionsRepository } from './subscriptions.repository.ts';

type GrantingRow = Pick<
  NonNullable<Awaited<ReturnType<SubscriptionsRepository['find']>>>,
  'status' | 'duplicate_of' | 'plan_version_id' | 'suspension' | 'billing_anchor'
>;
type GrantingItem = Pick<
  Awaited<ReturnType<SubscriptionsRepository['items']>>[number],
  'plan_version_id' | 'quantity' | 'interval' | 'interval_count'
>;

/** Makes what a subscription grants follow from how its row stands: whoever changes the row calls this after it. */
@Injectable()
export class GrantSubscription {
  constructor(
    private readonly database: Database,
    private readonly subscriptions: SubscriptionsRepository,
    private readonly plans: PlansService,
    private readonly entitlements: EntitlementsService,
    private readonly clock: Clock,
  ) {}

  /** In the open transaction that changed the subscription. */
  async apply(environmentId: string, id: string): Promise<void> {
    if (!this.database.isTransactionOpen) {
      throw new Error('A subscription grants in the transaction that changes it.');
    }
    const subscription = await this.subscriptions.find(environmentId, id);
    if (subscription === undefined) {
      throw new Error(`There is no subscription ${id}.`);
    }
    const items = await this.subscriptions.items(environmentId, [id]);
    const wanted = await this.wanted(environmentId, subscription, items);
    await this.entitlements.grant(
      environmentId,
      subscription.customer_id,
      id,
      wanted.map((grant) => ({
        id: newId('entitlement'),
        customer_id: subscription.customer_id,
        subscription_id: id,
        ...grant,
        granted_at: this.clock.now(),
      })),
    );
  }

  /** What a subscription grants as its row and items stand, in the open transaction. */
  async wanted(environmentId: string, subscription: GrantingRow, items: GrantingItem[]) {
    const access = subscription.duplicate_of === null ? accessOf(subscription.status) : 'none';
    const period = items.find((item) => item.plan_version_id === subscription.plan_version_id) ?? items[0];
    return access === 'none' || period === undefined
      ? []
      : (await this.combined(environmentId, subscription.plan_version_id, items)).map(
          ({ feature: _key, ...grant }) => ({
            ...grant,
            paused: subscription.status === 'paused' && subscription.suspension === null,
            suspended: access === 'withheld' || subscription.suspension !== null,
            billing_anchor: subscription.billing_anchor,
            interval: period.interval,
            interval_count: period.interval_count,
          }),
        );
  }

  /** What a plan version and the add-ons among some items grant together. In a transaction. */
  async combined(
    environmentId: string,
    planVersionId: string,
    items: readonly { plan_version_id: string; quantity: number }[],
  ): Promise<CombinedGrant[]> {
    // An add-on of several prices is there as often as the price of which there are most.
    const times = new Map<string, number>([[planVersionId, 1]]);
    for (const { plan_version_id: versionId, quantity } of items) {
      if (versionId !== planVersionId) {
        times.set(versionId, Math.max(times.get(versionId) ?? 0, quantity));
      }
    }
    const versions = [];
    for (const [versionId, count] of times) {
      const version = await this.plans.findVersion(environmentId, versionId);
      if (version !== undefined) {
        versions.push({ rank: version.rank, times: count, features: version.features });
      }
    }
    return combinedGrants(versions);
  }
}
