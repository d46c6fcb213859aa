import { Injectable } from '@nestjs/common';
import { periodAt } from '@billingos/pricing/period';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { AuditService } from '../audit/audit.service.ts';
import { PlansService } from '../catalog/plans.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { OnboardingService } from '../merchants/onboarding.service.ts';
import { GrantSubscription } from './grant-subscription.ts';
import { ManualSubscriptionsRepository } from './manual-subscriptions.repository.ts';
import { Sales } from './sale.ts';
import { AlreadySubscribed, NotABasePlan, NotBilledManually, PlanArchived } from './subscriptions.errors.ts';
import { billSubscription } from './subscriptions.jobs.ts';
import type { createSubscription } from './subscriptions.schemas.ts';
import { type Subscription, SubscriptionsService } from './subscriptions.service.ts';

/** Subscribes a customer whom BillingOS invoices itself: no card is charged, Stripe knows nothing of it. */
@Injectable()
export class CreateManualSubscription {
  constructor(
    private readonly database: Database,
    private readonly sales: Sales,
    private readonly subscriptions: SubscriptionsService,
    private readonly rows: ManualSubscriptionsRepository,
    private readonly customers: CustomersService,
    private readonly plans: PlansService,
    private readonly grants: GrantSubscription,
    private readonly onboarding: OnboardingService,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /**
   * It begins now, and so does its first period. Throws `CustomerNotFound`, `PlanNotFound`, a refusal about the price or
   * the add-ons, `AlreadySubscribed`, `NotBilledManually`.
   */
  async create(environmentId: string, wish: z.output<typeof createSubscription>): Promise<Subscription> {
    for (const param of ['payment_method', 'trial'] as const) {
      if (wish[param] !== undefined && wish[param] !== false) {
        throw new NotBilledManually(param);
      }
    }
    const customer = await this.customers.get(environmentId, wish.customer, 'customer');
    const plan = await this.plans.get(environmentId, wish.plan, 'plan');
    if (plan.type !== 'base') {
      throw new NotABasePlan(plan.key);
    }
    if (plan.archived_at !== null) {
      throw new PlanArchived(plan.key);
    }
    const items = await this.sales.planned(environmentId, customer.id, plan, wish);
    const id = newId('subscription');
    await this.database.tenant(environmentId, async () => {
      await this.customers.lock(environmentId, customer.id);
      const running = await this.subscriptions.findRunning(environmentId, customer.id, plan.group);
      if (running !== undefined) {
        throw new AlreadySubscribed(wish.customer, running);
      }
      const now = this.clock.now();
      const [{ price }] = notEmpty(items);
      const period = periodAt(now, price, now);
      await this.rows.insert(
        environmentId,
        {
          id,
          customer_id: customer.id,
          plan_id: plan.id,
          plan_version_id: plan.version.id,
          group: plan.group,
          billing_anchor: now,
          current_period_start: period.start,
          current_period_end: period.end,
          billing_due_at: now,
          created_at: now,
          updated_at: now,
        },
        items.map((item) => ({
          id: newId('subscription_item'),
          price_id: item.price.id,
          quantity: item.quantity ?? 1,
        })),
      );
      await this.grants.apply(environmentId, id);
      await this.outbox.add(environmentId, billSubscription, { subscription_id: id });
      await this.onboarding.complete(environmentId, 'first_subscription');
      await this.audit.record(environmentId, {
        action: 'subscription.created',
        target: { type: 'subscription', id },
        after: { status: 'active', provider: 'manual', plan: plan.key },
      });
    });
    return this.subscriptions.get(environmentId, id);
  }
}

function notEmpty<T>(list: readonly T[]): readonly [T, ...T[]] {
  const [first, ...others] = list;
  if (first === undefined) {
    throw new Error('An offer has at least one price.');
  }
  return [first, ...others];
}
