import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import type { Connection } from '../../stripe/connections.ts';
import { listAllSubscriptions } from '../../stripe/stripe.listing.ts';
import { retrieveSubscription, type SubscriptionState } from '../../stripe/stripe.subscription-state.ts';
import { CompareSubscriptions, type SubscriptionDrift } from '../subscriptions/compare-subscriptions.ts';
import { SyncCustomer } from '../subscriptions/sync-customer.ts';
import { type Found, pageSize, type Phase, type PhaseContext, sinceLastRun } from './phase.ts';
import { ReconciliationRepository } from './reconciliation.repository.ts';

const notTakenOver = 'It still differs after it was taken over: look at its prices on Stripe.';

/** What subscriptions have in common, whichever of them Stripe is asked for. */
@Injectable()
export class SubscriptionRepairs {
  constructor(
    private readonly subscriptions: CompareSubscriptions,
    private readonly syncCustomer: SyncCustomer,
  ) {}

  /** Of a page from Stripe what we have otherwise. */
  async compare(
    environmentId: string,
    connection: Connection,
    states: SubscriptionState[],
  ): Promise<Found[]> {
    const drift = await this.subscriptions.withStripe(environmentId, states);
    return drift.map((one) => {
      const listed = states.find((state) => state.stripe_subscription_id === one.stripe_subscription_id);
      return this.found(environmentId, connection, one, listed);
    });
  }

  private found(
    environmentId: string,
    connection: Connection,
    drift: SubscriptionDrift,
    listed: SubscriptionState | undefined,
  ): Found {
    return {
      kind: 'subscription',
      cause: drift.subscription_id === null ? 'missing_here' : 'differs',
      object_id: drift.subscription_id,
      stripe_object_id: drift.stripe_subscription_id,
      before: drift.before,
      after: drift.after,
      repair: async () => {
        await this.syncCustomer.sync(environmentId, drift.customer_id);
        if (await this.isSame(environmentId, listed)) {
          return null;
        }
        // It changed after it was listed, or cannot be taken over: as it is now tells which.
        const now = await retrieveSubscription(connection, drift.stripe_subscription_id ?? '');
        return (await this.isSame(environmentId, now)) ? null : notTakenOver;
      },
    };
  }

  private async isSame(environmentId: string, state: SubscriptionState | undefined): Promise<boolean> {
    return state !== undefined && (await this.subscriptions.withStripe(environmentId, [state])).length === 0;
  }
}

/** Everything that runs on Stripe. */
@Injectable()
export class CompareRunning implements Phase {
  readonly name = 'subscriptions';

  constructor(
    private readonly database: Database,
    private readonly runs: ReconciliationRepository,
    private readonly repairs: SubscriptionRepairs,
  ) {}

  async step(context: PhaseContext, cursor: string | null) {
    const { environment_id: environmentId, connection, run_id: runId } = context;
    const { data, next } = await listAllSubscriptions(connection, {}, cursor);
    await this.database.tenant(environmentId, () =>
      this.runs.see(
        environmentId,
        runId,
        data.map((state) => state.stripe_subscription_id),
      ),
    );
    return { checked: data.length, found: await this.repairs.compare(environmentId, connection, data), next };
  }
}

/** What began since the last run and has ended already. */
@Injectable()
export class CompareEnded implements Phase {
  readonly name = 'ended_subscriptions';

  constructor(
    private readonly repairs: SubscriptionRepairs,
    private readonly clock: Clock,
  ) {}

  async step(context: PhaseContext, cursor: string | null) {
    const { environment_id: environmentId, connection } = context;
    const since = sinceLastRun(context, this.clock.now());
    const { data, next } = await listAllSubscriptions(connection, { ended_since: since }, cursor);
    return { checked: data.length, found: await this.repairs.compare(environmentId, connection, data), next };
  }
}

/** What runs here and was not among what runs on Stripe: it has ended there, or there is no such thing. */
@Injectable()
export class CompareUnlisted implements Phase {
  readonly name = 'unlisted_subscriptions';

  constructor(
    private readonly database: Database,
    private readonly runs: ReconciliationRepository,
    private readonly subscriptions: CompareSubscriptions,
    private readonly syncCustomer: SyncCustomer,
    private readonly repairs: SubscriptionRepairs,
  ) {}

  async step(context: PhaseContext, cursor: string | null) {
    const { environment_id: environmentId, connection, run_id: runId } = context;
    const ours = await this.subscriptions.unended(environmentId, cursor ?? '', pageSize);
    const unseen = await this.database.tenant(environmentId, () =>
      this.runs.unseen(
        environmentId,
        runId,
        ours.map((row) => row.stripe_subscription_id),
      ),
    );
    const found: Found[] = [];
    for (const row of ours.filter(({ stripe_subscription_id: id }) => unseen.has(id))) {
      // It may have begun after Stripe was asked for the list: what is there is compared as it stands now.
      const state = await retrieveSubscription(connection, row.stripe_subscription_id);
      found.push(
        ...(state === undefined
          ? [this.lost(environmentId, row)]
          : await this.repairs.compare(environmentId, connection, [state])),
      );
    }
    return {
      checked: ours.length,
      found,
      next: ours.length === pageSize ? (ours.at(-1)?.id ?? null) : null,
    };
  }

  private lost(
    environmentId: string,
    row: { id: string; customer_id: string; stripe_subscription_id: string; status: string },
  ): Found {
    return {
      kind: 'subscription',
      cause: 'missing_on_stripe',
      object_id: row.id,
      stripe_object_id: row.stripe_subscription_id,
      before: { status: row.status },
      after: {},
      repair: async () => {
        await this.subscriptions.endLost(environmentId, row.customer_id, row.id, 'missing_on_stripe');
        // It may have stood in the way of one that Stripe does have.
        await this.syncCustomer.sync(environmentId, row.customer_id);
        return null;
      },
    };
  }
}
