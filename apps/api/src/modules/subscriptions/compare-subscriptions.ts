import { isDeepStrictEqual } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import Big from 'big.js';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import type { SubscriptionState } from '../../stripe/stripe.subscription-state.ts';
import { AuditService } from '../audit/audit.service.ts';
import { PlansService } from '../catalog/plans.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import type { UsageCap } from '../catalog/plan.ts';
import { EntitlementsService } from '../entitlements/entitlements.service.ts';
import { StripeAccountService } from '../merchants/stripe-account.service.ts';
import { GrantSubscription } from './grant-subscription.ts';
import { isRunning } from './subscription.ts';
import { SubscriptionTermsRepository } from './subscription-terms.repository.ts';
import { SubscriptionsRepository } from './subscriptions.repository.ts';
import { itemsOf, scheduledOf, versionOf } from './take-over-subscription.ts';

/** A subscription that is not here as it is on Stripe, or does not grant what it should. */
export interface SubscriptionDrift {
  /** Null: we do not have it. */
  subscription_id: string | null;
  stripe_subscription_id: string | null;
  customer_id: string;
  before: object;
  after: object;
}

/** Looks for subscriptions that were not taken over as they are, many at once and without changing anything. */
@Injectable()
export class CompareSubscriptions implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly plans: PlansService,
    private readonly subscriptions: SubscriptionsRepository,
    private readonly terms: SubscriptionTermsRepository,
    private readonly customers: CustomersService,
    private readonly grants: GrantSubscription,
    private readonly entitlements: EntitlementsService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
    private readonly accounts: StripeAccountService,
  ) {}

  onModuleInit(): void {
    this.accounts.countRunningBy((environmentId) =>
      this.database.tenant(environmentId, () => this.subscriptions.countUnended(environmentId)),
    );
  }

  /** What differs from how Stripe has it. Subscriptions of others on the same account are none of ours. */
  withStripe(environmentId: string, states: SubscriptionState[]): Promise<SubscriptionDrift[]> {
    return this.database.tenant(environmentId, async () => {
      const customers = await this.customers.findByStripe(
        environmentId,
        states.map((state) => ({ stripe_customer_id: state.stripe_customer_id, bos_customer_id: null })),
      );
      const customerOf = new Map(customers.map((row) => [row.stripe_customer_id, row.id]));
      const ours = await this.ours(
        environmentId,
        states.map((state) => state.stripe_subscription_id),
      );
      const named = states.flatMap((state) => [...state.items, ...(state.schedule?.next?.items ?? [])]);
      const rows = await this.plans.findPrices(environmentId, {
        stripe_ids: [...new Set(named.map((item) => item.stripe_price_id))],
      });
      const prices = new Map(rows.map((row) => [row.stripe_price_id ?? '', row]));

      return states.flatMap((state) => {
        const customerId = customerOf.get(state.stripe_customer_id);
        const versionId = versionOf(state.items, prices) ?? state.plan_version_id;
        if (customerId === undefined || versionId === undefined) {
          return [];
        }
        const known = ours.get(state.stripe_subscription_id);
        const after = described({
          ...state,
          plan_version_id: versionId,
          items: itemsOf(state.items, prices),
          scheduled: scheduledOf(state, prices, versionId),
        });
        if (known !== undefined && isDeepStrictEqual(known.description, after)) {
          return [];
        }
        return [
          {
            subscription_id: known?.id ?? null,
            stripe_subscription_id: state.stripe_subscription_id,
            customer_id: customerId,
            ...(known === undefined
              ? { before: {}, after }
              : { before: changed(known.description, after), after: changed(after, known.description) }),
          },
        ];
      });
    });
  }

  /** Our id of a subscription of Stripe. */
  async findId(environmentId: string, stripeSubscriptionId: string): Promise<string | undefined> {
    const row = await this.database.tenant(environmentId, () =>
      this.subscriptions.findByStripeId(environmentId, stripeSubscriptionId),
    );
    return row?.id;
  }

  /** Those of ours that have not ended, a page after another by id. */
  unended(environmentId: string, after: string, limit: number) {
    return this.database.tenant(environmentId, async () => {
      const rows = await this.subscriptions.listUnended(environmentId, after, limit);
      return rows.map(({ id, customer_id, stripe_subscription_id, status }) => ({
        id,
        customer_id,
        stripe_subscription_id: stripe_subscription_id ?? '',
        status,
      }));
    });
  }

  /** Of a page of subscriptions those that do not grant what they should. `next: null` is the end. */
  grantsOf(
    environmentId: string,
    after: string,
    limit: number,
  ): Promise<{ drift: SubscriptionDrift[]; checked: number; next: string | null }> {
    return this.database.tenant(environmentId, async () => {
      const rows = await this.subscriptions.listGranting(environmentId, after, limit);
      const ids = rows.map((row) => row.id);
      const items = await this.subscriptions.items(environmentId, ids);
      const granted = await this.entitlements.ofSubscriptions(environmentId, ids);
      const drift: SubscriptionDrift[] = [];
      for (const row of rows) {
        const own = items.filter((item) => item.subscription_id === row.id);
        const should = (await this.grants.wanted(environmentId, row, own)).map(grantText).toSorted();
        const does = granted
          .filter((grant) => grant.subscription_id === row.id)
          .map(grantText)
          .toSorted();
        if (!isDeepStrictEqual(should, does)) {
          drift.push({
            subscription_id: row.id,
            stripe_subscription_id: row.stripe_subscription_id,
            customer_id: row.customer_id,
            before: { grants: does.filter((grant) => !should.includes(grant)) },
            after: { grants: should.filter((grant) => !does.includes(grant)) },
          });
        }
      }
      return { drift, checked: rows.length, next: rows.length === limit ? (ids.at(-1) ?? null) : null };
    });
  }

  /** Lets a subscription grant what it should. */
  regrant(environmentId: string, customerId: string, subscriptionId: string): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      await this.customers.lock(environmentId, customerId);
      await this.grants.apply(environmentId, subscriptionId);
    });
  }

  /** Ends a subscription that Stripe has no more, and says why. One that ended meanwhile stays as it is. */
  endLost(environmentId: string, customerId: string, subscriptionId: string, cause: string): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      await this.customers.lock(environmentId, customerId);
      const subscription = await this.subscriptions.find(environmentId, subscriptionId);
      if (
        subscription === undefined ||
        !(isRunning(subscription.status) || subscription.status === 'incomplete')
      ) {
        return;
      }
      await this.subscriptions.end(environmentId, subscriptionId, this.clock.now());
      await this.grants.apply(environmentId, subscriptionId);
      await this.audit.record(environmentId, {
        action: 'subscription.ended',
        target: { type: 'subscription', id: subscriptionId },
        before: { status: subscription.status },
        after: { status: 'canceled', cause },
      });
    });
  }

  private async ours(environmentId: string, stripeIds: string[]) {
    const rows = await this.subscriptions.findByStripeIds(environmentId, stripeIds);
    const ids = rows.map((row) => row.id);
    const items = await this.subscriptions.items(environmentId, ids);
    const discounts = await this.terms.discounts(environmentId, ids);
    const scheduled = await this.terms.scheduledChanges(environmentId, ids);
    return new Map(
      rows.map((row) => [
        row.stripe_subscription_id,
        {
          id: row.id,
          description: described({
            ...row,
            items: items.filter((item) => item.subscription_id === row.id),
            discounts: discounts.filter((discount) => discount.subscription_id === row.id),
            scheduled: scheduled.find((change) => change.subscription_id === row.id),
          }),
        },
      ]),
    );
  }
}

/** All that is taken over, in the same words for us and for Stripe. */
function described(subscription: {
  plan_version_id: string | undefined;
  status: string;
  billing_anchor: Date;
  current_period_start: Date;
  current_period_end: Date;
  trial_start: Date | null;
  trial_end: Date | null;
  resumes_at: Date | null;
  cancel_at: Date | null;
  canceled_at: Date | null;
  ended_at: Date | null;
  items: { price_id: string; quantity: number }[];
  discounts: { stripe_discount_id: string; ends_at: Date | null }[];
  scheduled: { stripe_schedule_id: string; effective_at: Date } | undefined;
}): Record<string, unknown> {
  const { trial_start: trialStart, trial_end: trialEnd } = subscription;
  const isTrial = trialStart !== null && trialEnd !== null;
  return {
    plan_version: subscription.plan_version_id,
    status: subscription.status,
    billing_anchor: subscription.billing_anchor.toISOString(),
    current_period_start: subscription.current_period_start.toISOString(),
    current_period_end: subscription.current_period_end.toISOString(),
    trial_end: isTrial ? trialEnd.toISOString() : null,
    resumes_at: subscription.resumes_at?.toISOString() ?? null,
    cancel_at: subscription.cancel_at?.toISOString() ?? null,
    canceled_at: subscription.canceled_at?.toISOString() ?? null,
    ended_at: subscription.ended_at?.toISOString() ?? null,
    items: subscription.items.map((item) => `${item.quantity} × ${item.price_id}`).toSorted(),
    discounts: subscription.discounts
      .map((discount) => `${discount.stripe_discount_id} to ${discount.ends_at?.toISOString() ?? 'the end'}`)
      .toSorted(),
    scheduled:
      subscription.scheduled === undefined
        ? null
        : `${subscription.scheduled.stripe_schedule_id} at ${subscription.scheduled.effective_at.toISOString()}`,
  };
}

/** Of the one what is otherwise in the other. */
function changed(one: Record<string, unknown>, other: Record<string, unknown>): object {
  return Object.fromEntries(
    Object.entries(one).filter(([name, value]) => !isDeepStrictEqual(value, other[name])),
  );
}

function grantText(grant: {
  feature_id: string;
  limit: string | null;
  overage: string | null;
  value: string | null;
  caps: UsageCap[] | null;
  rank: number;
  suspended: boolean;
  paused: boolean;
  billing_anchor: Date;
  interval: string;
  interval_count: number;
}): string {
  return [
    grant.feature_id,
    `limit ${grant.limit === null ? 'none' : new Big(grant.limit).toFixed()}`,
    `overage ${grant.overage ?? 'none'}`,
    `value ${grant.value ?? 'none'}`,
    `caps ${
      grant.caps
        ?.map(({ interval, quantity }) => `${quantity}/${interval}`)
        .toSorted()
        .join(' ') ?? 'none'
    }`,
    `rank ${grant.rank}`,
    grant.suspended ? (grant.paused ? 'paused' : 'suspended') : 'in force',
    `every ${grant.interval_count} ${grant.interval} from ${grant.billing_anchor.toISOString()}`,
  ].join(', ');
}
