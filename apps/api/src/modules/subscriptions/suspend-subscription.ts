import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { GrantSubscription } from './grant-subscription.ts';
import { isRunning, type Suspension } from './subscription.ts';
import { SubscriptionsRepository } from './subscriptions.repository.ts';

/** Withholds access while a subscription runs on, and gives it back. In the open transaction of whoever decides. */
@Injectable()
export class SuspendSubscription {
  constructor(
    private readonly customers: CustomersService,
    private readonly subscriptions: SubscriptionsRepository,
    private readonly grants: GrantSubscription,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** True when it changed something: one that is suspended already, or has ended, stays as it is. */
  async suspend(environmentId: string, id: string, reason: Suspension): Promise<boolean> {
    const subscription = await this.lock(environmentId, id);
    if (subscription === undefined || !isRunning(subscription.status) || subscription.suspension !== null) {
      return false;
    }
    await this.write(environmentId, id, { suspension: reason, suspended_since: this.clock.now() });
    await this.audit.record(environmentId, {
      action: 'subscription.suspended',
      target: { type: 'subscription', id },
      after: { reason },
    });
    return true;
  }

  /** Ends a suspension for this reason; one for another reason stays. True when it changed something. */
  async restore(environmentId: string, id: string, reason: Suspension): Promise<boolean> {
    const subscription = await this.lock(environmentId, id);
    if (subscription?.suspension !== reason) {
      return false;
    }
    await this.write(environmentId, id, { suspension: null, suspended_since: null });
    await this.audit.record(environmentId, {
      action: 'subscription.restored',
      target: { type: 'subscription', id },
      before: { reason },
    });
    return true;
  }

  /** The customer first, as everybody who writes about their subscriptions does. */
  private async lock(environmentId: string, id: string) {
    const seen = await this.subscriptions.find(environmentId, id);
    if (seen === undefined) {
      return undefined;
    }
    await this.customers.lock(environmentId, seen.customer_id);
    return this.subscriptions.find(environmentId, id);
  }

  private async write(
    environmentId: string,
    id: string,
    suspension: { suspension: Suspension | null; suspended_since: Date | null },
  ): Promise<void> {
    await this.subscriptions.setSuspension(environmentId, id, {
      ...suspension,
      updated_at: this.clock.now(),
    });
    await this.grants.apply(environmentId, id);
  }
}
