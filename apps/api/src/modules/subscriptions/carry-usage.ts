import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { carriedUsage, type Term } from './carried-usage.ts';
import { CarriesRepository } from './carries.repository.ts';
import { SubscriptionsRepository } from './subscriptions.repository.ts';

/**
 * Lets use of a trial count on. Written while the trial runs, so that it holds from the first second of the paid period,
 * before Stripe tells us that it began.
 */
@Injectable()
export class CarryUsage {
  constructor(
    private readonly subscriptions: SubscriptionsRepository,
    private readonly carries: CarriesRepository,
    private readonly clock: Clock,
  ) {}

  /** How the periods of a subscription are counted, as its row and items stand. In the open transaction. */
  async termOf(environmentId: string, id: string): Promise<Term | undefined> {
    const subscription = await this.subscriptions.find(environmentId, id);
    const items = await this.subscriptions.items(environmentId, [id]);
    const item =
      items.find(({ plan_version_id: version }) => version === subscription?.plan_version_id) ?? items[0];
    return subscription && item && { ...subscription, recurrence: item };
  }

  /** In the transaction that changed the subscription, of which `before` was read before. */
  async apply(
    environmentId: string,
    subscription: { id: string; customer_id: string },
    before: Term | undefined,
  ): Promise<void> {
    const now = this.clock.now();
    const after = await this.termOf(environmentId, subscription.id);
    if (after === undefined || after.trial_end === null) {
      return;
    }
    // The trial may end at another time by now.
    await this.carries.removeAfter(environmentId, subscription.id, now);
    for (const carried of carriedUsage(before, after, now)) {
      await this.carries.add(environmentId, subscription, carried);
    }
  }
}
