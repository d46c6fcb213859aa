import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { recurringAmounts } from './recurring-revenue.ts';
import { RecurringSales } from './recurring-sales.ts';
import { SubscriptionNotFound } from './subscriptions.errors.ts';
import { SubscriptionTermsRepository } from './subscription-terms.repository.ts';
import { SubscriptionsRepository } from './subscriptions.repository.ts';
import type { listSubscriptions } from './subscriptions.schemas.ts';

type Row = NonNullable<Awaited<ReturnType<SubscriptionsRepository['find']>>>;

@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly database: Database,
    private readonly subscriptions: SubscriptionsRepository,
    private readonly terms: SubscriptionTermsRepository,
    private readonly recurring: RecurringSales,
    private readonly customers: CustomersService,
  ) {}

  list(environmentId: string, query: z.output<typeof listSubscriptions>): Promise<Subscription[]> {
    return this.database.tenant(environmentId, async () => {
      const { customer: references, ...filter } = query;
      let customerIds: string[] | undefined;
      if (references !== undefined) {
        customerIds = [];
        for (const reference of references) {
          customerIds.push((await this.customers.get(environmentId, reference, 'customer')).id);
        }
      }
      const rows = await this.subscriptions.list(environmentId, { ...filter, customer_ids: customerIds });
      return this.complete(environmentId, rows);
    });
  }

  /** Throws `SubscriptionNotFound`. */
  get(environmentId: string, id: string): Promise<Subscription> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.subscriptions.find(environmentId, id);
      return this.one(environmentId, row, id);
    });
  }

  /** Undefined: of somebody else, or not taken over yet. */
  findByStripeId(environmentId: string, stripeSubscriptionId: string): Promise<Subscription | undefined> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.subscriptions.findByStripeId(environmentId, stripeSubscriptionId);
      return row === undefined ? undefined : this.one(environmentId, row, row.id);
    });
  }

  getByStripeId(environmentId: string, stripeSubscriptionId: string): Promise<Subscription> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.subscriptions.findByStripeId(environmentId, stripeSubscriptionId);
      return this.one(environmentId, row, stripeSubscriptionId);
    });
  }

  /** The running subscription of a customer in a group of plans. */
  findRunning(environmentId: string, customerId: string, group: string): Promise<Subscription | undefined> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.subscriptions.findRunning(environmentId, customerId, group);
      return row === undefined ? undefined : this.one(environmentId, row, row.id);
    });
  }

  /** The id of the last one a customer began in a group, whatever became of it. */
  async lastId(environmentId: string, customerId: string, group: string): Promise<string | undefined> {
    const row = await this.database.tenant(environmentId, () =>
      this.subscriptions.findLast(environmentId, customerId, group),
    );
    return row?.id;
  }

  /** How many run, and what they bring in a month. */
  summary(environmentId: string) {
    return this.database.tenant(environmentId, async () => {
      const plans = await this.subscriptions.countByPlan(environmentId);
      const total = (pick: (plan: (typeof plans)[number]) => number): number =>
        plans.reduce((sum, plan) => sum + pick(plan), 0);
      return {
        running: total((plan) => plan.running),
        past_due: total((plan) => plan.past_due),
        canceling: total((plan) => plan.canceling),
        monthly_recurring: recurringAmounts(await this.recurring.of(environmentId, 'all')),
        by_plan: plans.map(({ id, key, name, running }) => ({ plan: { id, key, name }, running })),
      };
    });
  }

  private async one(environmentId: string, row: Row | undefined, reference: string): Promise<Subscription> {
    const [found] = row === undefined ? [] : await this.complete(environmentId, [row]);
    if (found === undefined) {
      throw new SubscriptionNotFound(reference);
    }
    return found;
  }

  private async complete(environmentId: string, rows: Row[]): Promise<Subscription[]> {
    const ids = rows.map((row) => row.id);
    return completed(rows, {
      items: await this.subscriptions.items(environmentId, ids),
      discounts: await this.terms.discounts(environmentId, ids),
      changes: await this.terms.scheduledChanges(environmentId, ids),
    });
  }
}

/** A subscription with all that belongs to it: more than what leaves, which `subscriptions.schemas.ts` picks. */
export type Subscription = ReturnType<typeof completed>[number];

const scheduledItems = z.array(z.object({ price_id: z.string(), quantity: z.int() }));

function moneyOf(amount: number | null, currency: string | null) {
  return amount === null || currency === null ? null : { amount, currency };
}

function completed(
  rows: Row[],
  {
    items,
    discounts,
    changes,
  }: {
    items: Awaited<ReturnType<SubscriptionsRepository['items']>>;
    discounts: Awaited<ReturnType<SubscriptionTermsRepository['discounts']>>;
    changes: Awaited<ReturnType<SubscriptionTermsRepository['scheduledChanges']>>;
  },
) {
  return rows.map((row) => {
    const change = changes.find((one) => one.subscription_id === row.id);
    return {
      ...row,
      customer: {
        id: row.customer_id,
        external_id: row.customer_external_id,
        name: row.customer_name,
        email: row.customer_email,
      },
      plan: { id: row.plan_id, key: row.plan_key, name: row.plan_name },
      items: items
        .filter((item) => item.subscription_id === row.id)
        .map((item) => ({ ...item, amount: moneyOf(item.amount, item.currency) })),
      discounts: discounts
        .filter((discount) => discount.subscription_id === row.id)
        .map((discount) => ({
          ...discount,
          percent_off: discount.percent_off === null ? null : Number(discount.percent_off),
          amount_off: moneyOf(discount.amount_off, discount.currency),
        })),
      stripe_schedule_id: change?.stripe_schedule_id ?? null,
      scheduled_change:
        change === undefined
          ? null
          : {
              ...change,
              plan: { id: change.plan_id, key: change.plan_key, name: change.plan_name },
              items: scheduledItems.parse(change.items),
            },
    };
  });
}
