import { Injectable } from '@nestjs/common';
import Big from 'big.js';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { PlansService } from '../catalog/plans.service.ts';
import { GrantAllowances, type WantedAllowance } from '../credits/grant-allowances.ts';
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
    private readonly allowances: GrantAllowances,
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
    const access = accessTo(subscription);
    await this.allowances.apply(environmentId, {
      customer_id: subscription.customer_id,
      subscription_id: id,
      access: access === 'granted' && subscription.suspension !== null ? 'withheld' : access,
      wanted: await this.allowancesOf(environmentId, subscription, items),
    });
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
    const access = accessTo(subscription);
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
    const versions = [];
    for (const [versionId, count] of timesOf(planVersionId, items)) {
      const version = await this.plans.findVersion(environmentId, versionId);
      if (version !== undefined) {
        versions.push({ rank: version.rank, times: count, features: version.features });
      }
    }
    return combinedGrants(versions);
  }

  /** The credits that the plan and the add-ons grant anew, an add-on as often as it is there. */
  private async allowancesOf(
    environmentId: string,
    { plan_version_id: planVersionId, billing_anchor: anchor }: GrantingRow,
    items: GrantingItem[],
  ): Promise<WantedAllowance[]> {
    const allowances: WantedAllowance[] = [];
    for (const [versionId, count] of timesOf(planVersionId, items)) {
      const version = await this.plans.findVersion(environmentId, versionId);
      if (version !== undefined && version.credits !== null) {
        const { quantity, interval, interval_count: every, rollover } = version.credits;
        const isPlan = versionId === planVersionId;
        allowances.push({
          slot: isPlan ? 'plan' : version.plan_id,
          source: isPlan ? 'plan' : 'add_on',
          quantity: new Big(quantity).times(count).toFixed(),
          interval,
          interval_count: every,
          anchor,
          rollover_max: rollover === null ? null : new Big(rollover.max).times(count).toFixed(),
          rollover_periods: rollover?.periods ?? null,
        });
      }
    }
    return allowances;
  }
}

function accessTo({ duplicate_of: duplicate, status }: Pick<GrantingRow, 'duplicate_of' | 'status'>) {
  return duplicate === null ? accessOf(status) : 'none';
}

/** How often each version is there. An add-on of several prices, as often as the price of which there are most. */
function timesOf(
  planVersionId: string,
  items: readonly { plan_version_id: string; quantity: number }[],
): Map<string, number> {
  const times = new Map<string, number>([[planVersionId, 1]]);
  for (const { plan_version_id: versionId, quantity } of items) {
    if (versionId !== planVersionId) {
      times.set(versionId, Math.max(times.get(versionId) ?? 0, quantity));
    }
  }
  return times;
}
