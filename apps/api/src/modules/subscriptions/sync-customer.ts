import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import { Connections } from '../../stripe/connections.ts';
import { listOpenCheckouts } from '../../stripe/stripe.checkout.ts';
import { StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { listSubscriptions, type SubscriptionState } from '../../stripe/stripe.subscriptions.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { UnsyncedCustomers } from '../entitlements/unsynced-customers.ts';
import { isRunning } from './subscription.ts';
import { TakeOverSubscription } from './take-over-subscription.ts';

const patienceMs = 20_000;
const attemptsMax = 5;

/**
 * Takes over what Stripe says about a customer now. Everything that hears of a change (an event, an answer, a check of
 * a doubtful customer) comes here, so that order and repetition do not matter: what is written is Stripe's state, never
 * an event's content.
 */
@Injectable()
export class SyncCustomer implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly customers: CustomersService,
    private readonly connections: Connections,
    private readonly takeOver: TakeOverSubscription,
    private readonly unsynced: UnsyncedCustomers,
  ) {}

  onModuleInit(): void {
    this.unsynced.askBy((environmentId, customerId, timeoutMs) =>
      this.sync(environmentId, customerId, timeoutMs),
    );
  }

  /** Throws `StripeUnavailable` when Stripe does not answer within `timeoutMs`. */
  async sync(environmentId: string, customerId: string, timeoutMs: number = patienceMs): Promise<void> {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const customer = await this.customers.get(environmentId, customerId);
      const connection = await this.connections.find(environmentId);
      if (customer.stripe_customer_id === null || connection === undefined) {
        return;
      }
      const [states, openCheckouts] = await Promise.all([
        listSubscriptions(connection, customer.stripe_customer_id, timeoutMs),
        customer.unsynced_since === null
          ? []
          : listOpenCheckouts(connection, customer.stripe_customer_id, timeoutMs),
      ]);
      const seen = { sequence: customer.stripe_sequence, isSettled: openCheckouts.length === 0 };
      if (await this.write(environmentId, customerId, states, seen)) {
        return;
      }
    }
    throw new StripeUnavailable(
      new Error(`Stripe's state of ${customerId} kept changing while it was taken over.`),
    );
  }

  /**
   * False when another writer was faster: what we read may be older than what it wrote, so it must be read again.
   * That is the guard that keeps a late answer from undoing a newer one.
   */
  private write(
    environmentId: string,
    customerId: string,
    states: SubscriptionState[],
    seen: { sequence: number; isSettled: boolean },
  ): Promise<boolean> {
    return this.database.tenant(environmentId, async () => {
      const customer = await this.customers.lock(environmentId, customerId);
      if (customer.stripe_sequence !== seen.sequence) {
        return false;
      }
      let changed = false;
      for (const state of states.toSorted(endedFirst)) {
        changed = (await this.takeOver.apply(environmentId, customerId, state)) || changed;
      }
      if (changed) {
        await this.customers.setStripeSequence(environmentId, customerId, seen.sequence + 1);
      }
      if (seen.isSettled && customer.unsynced_since !== null) {
        await this.customers.markUnsynced(environmentId, customerId, false);
      }
      return true;
    });
  }
}

/** What ended makes room in its group before what runs takes it; then the older comes first. */
function endedFirst(a: SubscriptionState, b: SubscriptionState): number {
  return (
    Number(isRunning(a.status)) - Number(isRunning(b.status)) ||
    a.created_at.getTime() - b.created_at.getTime() ||
    a.stripe_subscription_id.localeCompare(b.stripe_subscription_id)
  );
}
