import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { CheckEntitlement } from '../entitlements/check-entitlement.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { type Plan, PlansService } from '../catalog/plans.service.ts';
import { type Limits, MerchantLimits } from '../merchants/merchant-limits.ts';
import { ConnectStripeFirst } from '../merchants/merchants.errors.ts';
import { CancelSubscription } from '../subscriptions/cancel-subscription.ts';
import { ChangeSubscription } from '../subscriptions/change-subscription.ts';
import { OpenCheckout } from '../subscriptions/open-checkout.ts';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.ts';
import { type BilledMerchant, BilledMerchants } from './billed-merchants.ts';
import { emailAlerts, logRetentionDays, prioritySupport, slackAlerts, trackedCalls } from './house-plans.ts';
import { NoPlansSold } from './merchant-billing.errors.ts';
import type { merchantPlan, merchantPlanPreview } from './merchant-billing.schemas.ts';

const plansMax = 100;
const unlimited: Limits = { may_alert_by: null, log_retention_days: null };

/** Which plan of BillingOS a merchant is on, and what it may have for that. */
@Injectable()
export class MerchantBilling implements OnModuleInit {
  constructor(
    private readonly merchants: BilledMerchants,
    private readonly limits: MerchantLimits,
    private readonly checks: CheckEntitlement,
    private readonly customers: CustomersService,
    private readonly plans: PlansService,
    private readonly subscriptions: SubscriptionsService,
    private readonly checkout: OpenCheckout,
    private readonly changes: ChangeSubscription,
    private readonly cancellations: CancelSubscription,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.limits.decideBy((environmentId) => this.limitsOf(environmentId));
  }

  async get(environmentId: string): Promise<z.input<typeof merchantPlan>> {
    const payer = await this.merchants.payer(environmentId);
    if (payer === undefined) {
      return { plan: null, ends_at: null, tracked_calls: null, plans: [] };
    }
    const { house, reference } = payer;
    const sold = (await this.sold(house)).map(shown);
    const running = await this.running(house, reference);
    const { plan: free } = await this.plans.getDefault(house);
    const calls = await this.checks.check(house, { customer: reference, feature: trackedCalls, required: 1 });
    return {
      plan: sold.find(({ key }) => key === (running?.plan.key ?? free?.key)) ?? null,
      ends_at: running?.cancel_at ?? null,
      tracked_calls: { used: calls.used ?? 0, limit: calls.limit, resets_at: calls.resets_at },
      plans: sold,
    };
  }

  /**
   * Begins, changes or ends what is paid for. Throws `NoPlansSold`, `PlanNotFound`, and what a change of a subscription
   * throws.
   */
  async change(
    environmentId: string,
    wish: { plan: string; return_url: string },
    email: string,
  ): Promise<{ checkout_url: string | null }> {
    const { payer, plan, running } = await this.wished(environmentId, wish.plan);
    const { house } = payer;
    return whereSold(async () => {
      if (plan.prices.length === 0) {
        if (running !== undefined) {
          await this.cancellations.cancel(house, running.id, {
            when: 'period_end',
            refund: 'none',
            charges_usage: true,
          });
        }
        return { checkout_url: null };
      }
      if (running === undefined) {
        return { checkout_url: await this.openCheckout(house, payer, plan, { ...wish, email }) };
      }
      if (running.cancel_at !== null) {
        await this.cancellations.undo(house, running.id);
      }
      if (running.plan.key !== plan.key) {
        await this.changes.change(house, running.id, { plan: plan.key });
      }
      return { checkout_url: null };
    });
  }

  /** What `change` would charge now. Throws the same. */
  async preview(environmentId: string, reference: string): Promise<z.input<typeof merchantPlanPreview>> {
    const { payer, plan, running } = await this.wished(environmentId, reference);
    const now = this.clock.now();
    if (running === undefined) {
      return { due_now: shown(plan).price, effective_at: now };
    }
    if (plan.prices.length === 0) {
      return { due_now: null, effective_at: running.current_period_end };
    }
    if (running.plan.key === plan.key) {
      return { due_now: null, effective_at: now };
    }
    const { due_now: due, effective_at: effectiveAt } = await whereSold(() =>
      this.changes.preview(payer.house, running.id, { plan: plan.key }),
    );
    return { due_now: due?.amount_due ?? null, effective_at: effectiveAt };
  }

  private async wished(environmentId: string, reference: string) {
    const payer = await this.merchants.payer(environmentId);
    if (payer === undefined) {
      throw new NoPlansSold();
    }
    return {
      payer,
      plan: await this.plans.get(payer.house, reference, 'plan'),
      running: await this.running(payer.house, payer.reference),
    };
  }

  private async openCheckout(
    house: string,
    { id, name, reference }: BilledMerchant,
    plan: Plan,
    { return_url: url, email }: { return_url: string; email: string },
  ): Promise<string | null> {
    await this.customers.get(house, reference).catch((error: unknown) => {
      if (error instanceof CustomerNotFound) {
        return this.customers.create(house, { external_id: id, name, email, metadata: {} });
      }
      throw error;
    });
    const session = await this.checkout.open(house, {
      customer: reference,
      plan: plan.key,
      quantity: 1,
      add_ons: [],
      success_url: url,
      cancel_url: url,
    });
    return session.url;
  }

  /** What the plan of a merchant allows, as the entitlements of the house say. */
  private async limitsOf(environmentId: string): Promise<Limits> {
    const payer = await this.merchants.payer(environmentId);
    if (payer === undefined) {
      return unlimited;
    }
    const has = async (feature: string): Promise<{ allowed: boolean; value: string | null }> =>
      this.checks.check(payer.house, { customer: payer.reference, feature, required: 1 });
    const [email, slack, retention] = [
      await has(emailAlerts),
      await has(slackAlerts),
      await has(logRetentionDays),
    ];
    return {
      may_alert_by: [...(email.allowed ? ['email', 'webhook'] : []), ...(slack.allowed ? ['slack'] : [])],
      log_retention_days: retention.value === null ? null : Number(retention.value),
    };
  }

  private async sold(house: string): Promise<Plan[]> {
    const plans = await this.plans.list(house, { limit: plansMax, type: 'base', archived: false });
    return plans.toSorted((a, b) => a.rank - b.rank);
  }

  private async running(house: string, reference: string) {
    try {
      const [running] = await this.subscriptions.list(house, {
        customer: [reference],
        status: 'running',
        limit: 1,
      });
      return running;
    } catch (error) {
      if (error instanceof CustomerNotFound) {
        return undefined;
      }
      throw error;
    }
  }
}

async function whereSold<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Connecting Stripe is for whoever runs the instance to do, not for the merchant.
    throw error instanceof ConnectStripeFirst ? new NoPlansSold() : error;
  }
}

function shown({ key, name, prices, features }: Plan) {
  const granted = (feature: string) => features.find((one) => one.feature === feature);
  const monthly = prices.find(({ type, interval }) => type === 'flat' && interval === 'month');
  const retention = granted(logRetentionDays)?.value ?? null;
  return {
    key,
    name,
    price: monthly?.amount ?? null,
    tracked_calls: granted(trackedCalls)?.limit ?? null,
    log_retention_days: retention === null ? null : Number(retention),
    email_alerts: granted(emailAlerts) !== undefined,
    slack_alerts: granted(slackAlerts) !== undefined,
    priority_support: granted(prioritySupport) !== undefined,
  };
}
