import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import type { SubscriptionStatus } from '../../stripe/stripe.subscription-state.ts';
import { runningStatuses, type Suspension } from './subscription.ts';

interface SubscriptionFields {
  plan_id: string;
  plan_version_id: string;
  group: string;
  status: SubscriptionStatus;
  duplicate_of: string | null;
  billing_anchor: Date;
  current_period_start: Date;
  current_period_end: Date;
  trial_start: Date | null;
  trial_end: Date | null;
  paused_at: Date | null;
  resumes_at: Date | null;
  past_due_since: Date | null;
  suspended_since: Date | null;
  suspension: Suspension | null;
  cancel_at: Date | null;
  canceled_at: Date | null;
  ended_at: Date | null;
  updated_at: Date;
}

@Injectable()
export class SubscriptionsRepository {
  constructor(private readonly database: Database) {}

  find(environmentId: string, id: string) {
    return this.select(environmentId).where('s.id', '=', id).executeTakeFirst();
  }

  findByStripeId(environmentId: string, stripeSubscriptionId: string) {
    return this.select(environmentId)
      .where('s.stripe_subscription_id', '=', stripeSubscriptionId)
      .executeTakeFirst();
  }

  findByStripeIds(environmentId: string, stripeSubscriptionIds: string[]) {
    return this.select(environmentId)
      .where('s.stripe_subscription_id', 'in', atLeastOne(stripeSubscriptionIds))
      .execute();
  }

  /** Those of Stripe that run or may still begin, in the order of their ids, after one of them. */
  listUnended(environmentId: string, after: string, limit: number) {
    return this.select(environmentId)
      .where('s.id', '>', after)
      .where('s.status', 'in', [...runningStatuses, 'incomplete'])
      .where('s.stripe_subscription_id', 'is not', null)
      .orderBy('s.id')
      .limit(limit)
      .execute();
  }

  /** How many of Stripe run or may still begin. */
  async countUnended(environmentId: string): Promise<number> {
    const row = await this.database.q
      .selectFrom('subscriptions')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('environment_id', '=', environmentId)
      .where('status', 'in', [...runningStatuses, 'incomplete'])
      .where('stripe_subscription_id', 'is not', null)
      .executeTakeFirstOrThrow();
    return row.count;
  }

  /** Those that grant or should, in the order of their ids, after one of them. */
  listGranting(environmentId: string, after: string, limit: number) {
    return this.select(environmentId)
      .where('s.id', '>', after)
      .where((eb) =>
        eb.or([
          eb('s.status', 'in', runningStatuses),
          eb.exists(
            eb
              .selectFrom('entitlements as e')
              .select('e.id')
              .whereRef('e.environment_id', '=', 's.environment_id')
              .whereRef('e.subscription_id', '=', 's.id'),
          ),
        ]),
      )
      .orderBy('s.id')
      .limit(limit)
      .execute();
  }

  /** Ends a subscription that Stripe has no more. */
  async end(environmentId: string, id: string, now: Date): Promise<void> {
    await this.database.q
      .updateTable('subscriptions')
      .set((eb) => ({
        status: 'canceled',
        canceled_at: eb.fn.coalesce('canceled_at', eb.val(now)),
        ended_at: now,
        suspended_since: null,
        suspension: null,
        past_due_since: null,
        paused_at: null,
        duplicate_of: null,
        updated_at: now,
        version: eb('version', '+', 1),
      }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  /** The running subscription of a customer in a group of plans, not counting duplicates. */
  findRunning(environmentId: string, customerId: string, group: string) {
    return this.select(environmentId)
      .where('s.customer_id', '=', customerId)
      .where('s.group', '=', group)
      .where('s.status', 'in', runningStatuses)
      .where('s.duplicate_of', 'is', null)
      .executeTakeFirst();
  }

  /** The last one a customer began in a group of plans, whatever became of it. */
  findLast(environmentId: string, customerId: string, group: string) {
    return this.select(environmentId)
      .where('s.customer_id', '=', customerId)
      .where('s.group', '=', group)
      .orderBy('s.id', 'desc')
      .limit(1)
      .executeTakeFirst();
  }

  list(
    environmentId: string,
    filter: PageRequest & {
      customer_ids?: string[] | undefined;
      status?: SubscriptionStatus | 'running' | undefined;
    },
  ) {
    let query = this.select(environmentId);
    if (filter.customer_ids !== undefined) {
      // Nobody meant is nobody found, never everybody.
      query = query.where('s.customer_id', 'in', atLeastOne(filter.customer_ids));
    }
    if (filter.status === 'running') {
      query = query.where('s.status', 'in', runningStatuses);
    } else if (filter.status !== undefined) {
      query = query.where('s.status', '=', filter.status);
    }
    return query.$call(newestFirst('s.id', filter)).execute();
  }

  items(environmentId: string, subscriptionIds: string[]) {
    return this.database.q
      .selectFrom('subscription_items as i')
      .innerJoin('prices as p', (join) =>
        join.onRef('p.environment_id', '=', 'i.environment_id').onRef('p.id', '=', 'i.price_id'),
      )
      .innerJoin('plan_versions as v', (join) =>
        join.onRef('v.environment_id', '=', 'p.environment_id').onRef('v.id', '=', 'p.plan_version_id'),
      )
      .innerJoin('plans', (join) =>
        join.onRef('plans.environment_id', '=', 'v.environment_id').onRef('plans.id', '=', 'v.plan_id'),
      )
      .leftJoin('features as f', (join) =>
        join.onRef('f.environment_id', '=', 'p.environment_id').onRef('f.id', '=', 'p.feature_id'),
      )
      .select([
        'i.id',
        'i.subscription_id',
        'i.price_id',
        'i.quantity',
        'i.stripe_subscription_item_id',
        'p.plan_version_id',
        'p.type',
        'p.feature_id',
        'f.key as feature',
        'plans.key as plan',
        'plans.type as plan_type',
        'p.amount',
        'p.currency',
        'p.interval',
        'p.interval_count',
      ])
      .where('i.environment_id', '=', environmentId)
      .where('i.subscription_id', 'in', atLeastOne(subscriptionIds))
      .orderBy('i.id')
      .execute();
  }

  /** What subscriptions that bring revenue sell, some or all of them, those alike counted together. */
  async sales(environmentId: string, ids: string[] | 'all') {
    const sold = this.database.q
      .selectFrom('subscriptions as s')
      .select((eb) => [
        sql<unknown>`(
          select coalesce(jsonb_agg(jsonb_build_object('price_id', i.price_id, 'quantity', i.quantity) order by i.price_id), '[]')
          from subscription_items i
          where i.environment_id = ${eb.ref('s.environment_id')} and i.subscription_id = ${eb.ref('s.id')}
        )`.as('items'),
        sql<unknown>`(
          select coalesce(jsonb_agg(jsonb_build_object(
            'percent_off', d.percent_off, 'amount_off', d.amount_off, 'duration', d.duration) order by d.started_at), '[]')
          from subscription_discounts d
          where d.environment_id = ${eb.ref('s.environment_id')} and d.subscription_id = ${eb.ref('s.id')}
        )`.as('discounts'),
      ])
      .where('s.environment_id', '=', environmentId)
      .where('s.status', 'in', ['active', 'past_due'])
      .$if(ids !== 'all', (query) => query.where('s.id', 'in', atLeastOne(ids === 'all' ? [] : ids)));
    return this.database.q
      .selectFrom(sold.as('sold'))
      .select((eb) => ['items', 'discounts', eb.fn.countAll<number>().as('times')])
      .groupBy(['items', 'discounts'])
      .execute();
  }

  countByPlan(environmentId: string) {
    return this.database.q
      .selectFrom('subscriptions as s')
      .innerJoin('plans as p', (join) =>
        join.onRef('p.environment_id', '=', 's.environment_id').onRef('p.id', '=', 's.plan_id'),
      )
      .select((eb) => [
        'p.id',
        'p.key',
        'p.name',
        eb.fn.countAll<number>().as('running'),
        eb.fn.countAll<number>().filterWhere('s.status', 'in', ['past_due', 'unpaid']).as('past_due'),
        eb.fn.countAll<number>().filterWhere('s.cancel_at', 'is not', null).as('canceling'),
      ])
      .where('s.environment_id', '=', environmentId)
      .where('s.status', 'in', runningStatuses)
      .groupBy(['p.id', 'p.key', 'p.name'])
      .orderBy('running', 'desc')
      .execute();
  }

  async insert(
    environmentId: string,
    subscription: SubscriptionFields & {
      id: string;
      customer_id: string;
      stripe_subscription_id: string;
      created_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('subscriptions')
      .values({ environment_id: environmentId, ...subscription })
      .execute();
  }

  async update(environmentId: string, id: string, fields: SubscriptionFields): Promise<void> {
    await this.database.q
      .updateTable('subscriptions')
      .set((eb) => ({ ...fields, version: eb('version', '+', 1) }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  async setSuspension(
    environmentId: string,
    id: string,
    change: { suspension: Suspension | null; suspended_since: Date | null; updated_at: Date },
  ): Promise<void> {
    await this.database.q
      .updateTable('subscriptions')
      .set((eb) => ({ ...change, version: eb('version', '+', 1) }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  /** Makes a subscription's items these and no others. */
  async replaceItems(
    environmentId: string,
    subscriptionId: string,
    items: { id: string; price_id: string; quantity: number; stripe_subscription_item_id: string }[],
  ): Promise<void> {
    const kept = items.map((item) => item.stripe_subscription_item_id);
    await this.database.q
      .deleteFrom('subscription_items')
      .where('environment_id', '=', environmentId)
      .where('subscription_id', '=', subscriptionId)
      .where('stripe_subscription_item_id', 'not in', atLeastOne(kept))
      .execute();
    if (items.length > 0) {
      await this.database.q
        .insertInto('subscription_items')
        .values(
          items.map((item) => ({
            environment_id: environmentId,
            id: item.id,
            subscription_id: subscriptionId,
            price_id: item.price_id,
            quantity: item.quantity,
            stripe_subscription_item_id: item.stripe_subscription_item_id,
          })),
        )
        .onConflict((conflict) =>
          conflict.columns(['environment_id', 'stripe_subscription_item_id']).doUpdateSet((eb) => ({
            price_id: eb.ref('excluded.price_id'),
            quantity: eb.ref('excluded.quantity'),
          })),
        )
        .execute();
    }
  }

  private select(environmentId: string) {
    return this.database.q
      .selectFrom('subscriptions as s')
      .innerJoin('customers as c', (join) =>
        join.onRef('c.environment_id', '=', 's.environment_id').onRef('c.id', '=', 's.customer_id'),
      )
      .innerJoin('plans as p', (join) =>
        join.onRef('p.environment_id', '=', 's.environment_id').onRef('p.id', '=', 's.plan_id'),
      )
      .select([
        's.id',
        's.customer_id',
        'c.external_id as customer_external_id',
        'c.name as customer_name',
        'c.email as customer_email',
        's.plan_id',
        'p.key as plan_key',
        'p.name as plan_name',
        's.plan_version_id',
        's.group',
        's.status',
        's.provider',
        's.stripe_subscription_id',
        's.duplicate_of',
        's.billing_anchor',
        's.current_period_start',
        's.current_period_end',
        's.trial_start',
        's.trial_end',
        's.paused_at',
        's.resumes_at',
        's.past_due_since',
        's.suspended_since',
        's.suspension',
        's.cancel_at',
        's.canceled_at',
        's.ended_at',
        's.version',
        's.created_at',
        's.updated_at',
      ])
      .where('s.environment_id', '=', environmentId);
  }
}
