import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import type { ListedCustomer } from '../../stripe/stripe.listing.ts';
import type { SubscriptionState } from '../../stripe/stripe.subscription-state.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { CompareSubscriptions } from '../subscriptions/compare-subscriptions.ts';
import { SyncCustomer } from '../subscriptions/sync-customer.ts';
import { type NewItem, StripeImportRepository } from './stripe-import.repository.ts';

/** Where merchants write their own id of a customer. */
const ownIdKeys = ['external_id', 'user_id', 'userId', 'customer_id'];
const email = z.email().max(320);

/** Turns customers and what they have running into ours. */
@Injectable()
export class ImportPeople {
  constructor(
    private readonly database: Database,
    private readonly imports: StripeImportRepository,
    private readonly customers: CustomersService,
    private readonly subscriptions: CompareSubscriptions,
    private readonly syncCustomer: SyncCustomer,
  ) {}

  /** What becomes of customers. In a rehearsal nothing is written. */
  async customersOf(
    environmentId: string,
    listed: ListedCustomer[],
    isRehearsal: boolean,
  ): Promise<NewItem[]> {
    const known = await this.customers.findByStripe(environmentId, listed);
    const items: NewItem[] = [];
    for (const customer of listed) {
      const { stripe_customer_id: stripeId, metadata } = customer;
      const own = known.find((row) => row.stripe_customer_id === stripeId);
      if (own !== undefined) {
        items.push(itemOf('customer', stripeId, { outcome: 'exists', object_id: own.id }));
        continue;
      }
      const externalId = ownIdKeys
        .map((key) => metadata[key]?.trim())
        .find((id) => id !== undefined && id !== '');
      const { outcome, id } = await this.database.tenant(environmentId, () =>
        this.customers.adopt(
          environmentId,
          {
            id: stripeId,
            external_id: externalId?.slice(0, 255) ?? null,
            name: customer.name?.trim().slice(0, 200) || null,
            email: email.safeParse(customer.email).data ?? null,
          },
          isRehearsal,
        ),
      );
      items.push(
        outcome === 'taken'
          ? itemOf('customer', stripeId, {
              reason: 'Another Stripe customer has the same external id in its metadata.',
            })
          : itemOf('customer', stripeId, { outcome, object_id: id }),
      );
    }
    return items;
  }

  /** What becomes of running subscriptions: taken over by the prices they are on. In a rehearsal nothing is written. */
  async subscriptionsOf(
    environmentId: string,
    importId: string,
    states: SubscriptionState[],
    isRehearsal: boolean,
  ): Promise<NewItem[]> {
    const { customers, prices } = await this.database.tenant(environmentId, async () => ({
      customers: await this.imports.taken(
        environmentId,
        importId,
        'customer',
        states.map((state) => state.stripe_customer_id),
      ),
      prices: await this.imports.taken(
        environmentId,
        importId,
        'price',
        states.flatMap((state) => state.items.map((item) => item.stripe_price_id)),
      ),
    }));
    const items: NewItem[] = [];
    for (const state of states) {
      const { stripe_subscription_id: stripeId } = state;
      const known = await this.subscriptions.findId(environmentId, stripeId);
      const reason = customers.has(state.stripe_customer_id)
        ? state.items.some((item) => prices.has(item.stripe_price_id))
          ? null
          : 'None of its prices is one of a plan.'
        : 'Its customer is not taken over.';
      if (known !== undefined) {
        items.push(itemOf('subscription', stripeId, { outcome: 'exists', object_id: known }));
      } else if (reason !== null) {
        items.push(itemOf('subscription', stripeId, { reason }));
      } else if (isRehearsal) {
        items.push(itemOf('subscription', stripeId, { outcome: 'create' }));
      } else {
        items.push(await this.takeOver(environmentId, state));
      }
    }
    return items;
  }

  private async takeOver(environmentId: string, state: SubscriptionState): Promise<NewItem> {
    const { stripe_subscription_id: stripeId } = state;
    const customer = await this.customers.findByStripeCustomer(environmentId, state.stripe_customer_id);
    if (customer !== undefined) {
      await this.syncCustomer.sync(environmentId, customer.id);
    }
    const id = await this.subscriptions.findId(environmentId, stripeId);
    return id === undefined
      ? itemOf('subscription', stripeId, { reason: 'Its prices are not of one plan.' })
      : itemOf('subscription', stripeId, { outcome: 'create', object_id: id });
  }
}

function itemOf(kind: NewItem['kind'], stripeId: string, rest: Partial<NewItem>): NewItem {
  return { kind, stripe_id: stripeId, outcome: 'skip', object_id: null, reason: null, ...rest };
}
