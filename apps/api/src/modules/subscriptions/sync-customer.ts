import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import { Connections } from '../../stripe/connections.ts';
import { listOpenCheckouts } from '../../stripe/stripe.checkout.ts';
import { StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { listSubscriptions, type SubscriptionState } from '../../stripe/stripe.subscription-state.ts';
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
    this.unsynced.refreshBy((environmentId, customerId, timeoutMs) =>
      this.sync(environmentId, customerId, timeoutMs),
    );
  }

  /** Throws `StripeUnavailable` when Stripe does not answer within `timeoutMs`, all questions together. */
  async sync(environmentId: string, customerId: string, timeoutMs: number = patienceMs): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    const left = (): number => Math.max(1, Math.ceil(deadline - performance.now()));
    for (let attempt = 1; attempt <= attemptsMax && performance.now() < deadline; attempt++) {
      const customer = await this.customers.get(environmentId, customerId);
      const connection = await this.connections.find(environmentId);
      if (customer.stripe_customer_id === null || connection === undefined) {
        return;
      }
      // The open checkouts first: one that is paid meanwhile is then seen as open or as a subscription, never as neither.
      const openCheckouts =
        customer.unsynced_since === null
          ? []
          : await listOpenCheckouts(connection, customer.stripe_customer_id, left());
      const states = await listSubscriptions(connection, customer.stripe_customer_id, left());
      const seen = { ...customer, isSettled: openCheckouts.length === 0 };
      try {
        await this.write(environmentId, customerId, states, seen);
        return;
      } catch (error) {
        if (!(error instanceof Overtaken)) {
          throw error;
        }
      }
    }
    throw new StripeUnavailable(
      new Error(`Stripe's state of ${customerId} kept changing while it was taken over.`),
    );
  }

  /**
   * Throws `Overtaken`, which undoes everything, when another writer was faster and what we read is something else than
   * what it wrote: ours may be older, so it must be read again. Every writer counts up, also one that changes nothing:
   * what it read is the news that a slower answer must not undo.
   */
  private write(
    environmentId: string,
    customerId: string,
    states: SubscriptionState[],
    seen: { stripe_sequence: number; unsynced_since: Date | null; isSettled: boolean },
  ): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const customer = await this.customers.lock(environmentId, customerId);
      const isFirst = customer.stripe_sequence === seen.stripe_sequence;
      for (const state of states.toSorted(endedFirst)) {
        const changed = await this.takeOver.apply(environmentId, customerId, state);
        if (changed && !isFirst) {
          throw new Overtaken();
        }
      }
      await this.customers.setStripeSequence(environmentId, customerId, customer.stripe_sequence + 1);
      // A doubt that arose after we asked stays.
      const isSameDoubt = customer.unsynced_since?.getTime() === seen.unsynced_since?.getTime();
      if (isFirst && isSameDoubt && seen.isSettled && customer.unsynced_since !== null) {
        await this.customers.markUnsynced(environmentId, customerId, false);
      }
    });
  }
}

/** Another writer took over a state that may be newer than the one in hand. */
class Overtaken extends Error {}

/** What ended makes room in its group before what runs takes it; then the older comes first. */
function endedFirst(a: SubscriptionState, b: SubscriptionState): number {
  return (
    Number(isRunning(a.status)) - Number(isRunning(b.status)) ||
    a.created_at.getTime() - b.created_at.getTime() ||
    a.stripe_subscription_id.localeCompare(b.stripe_subscription_id)
  );
}
