import { Injectable } from '@nestjs/common';
import Big from 'big.js';
import { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import { AllowancesRepository, type AllowanceTerms } from './allowances.repository.ts';
import { CreditsRepository } from './credits.repository.ts';
import { usualPriority } from './credits.schemas.ts';

export interface WantedAllowance extends AllowanceTerms {
  /** `plan`, or the id of an add-on. */
  slot: string;
  source: 'plan' | 'add_on';
}

export interface SubscriptionAllowances {
  customer_id: string;
  subscription_id: string;
  /** As the subscription stands: all of it, nothing new for the time being, or nothing any more. */
  access: 'granted' | 'withheld' | 'none';
  wanted: WantedAllowance[];
}

type Allowance = Awaited<ReturnType<AllowancesRepository['ofSubscription']>>[number];

/**
 * Makes the credits that a subscription grants follow from how it stands. The first period is granted at once, whole. A plan
 * that grants more adds the difference at once, one that grants less does from the next period on; while access is withheld
 * no period begins; when it ends, what is left of the plan's credits goes with it.
 */
@Injectable()
export class GrantAllowances {
  constructor(
    private readonly allowances: AllowancesRepository,
    private readonly credits: CreditsRepository,
    private readonly clock: Clock,
  ) {}

  /** In the open transaction, before the entitlements are said to have changed. */
  async apply(environmentId: string, subscription: SubscriptionAllowances): Promise<void> {
    await this.applyOwn(environmentId, subscription);
    // The default plan's hold while no subscription runs.
    await this.allowances.followDefault(environmentId, subscription.customer_id, this.clock.now());
  }

  private async applyOwn(environmentId: string, subscription: SubscriptionAllowances): Promise<void> {
    const { customer_id: customerId, subscription_id: subscriptionId, access, wanted } = subscription;
    const before = await this.allowances.ofSubscription(environmentId, subscriptionId);
    if (before.length === 0 && (wanted.length === 0 || access !== 'granted')) {
      return;
    }
    const now = this.clock.now();
    await this.credits.openPool(environmentId, customerId, now);
    await this.credits.lockPool(environmentId, customerId, now);
    const known = await this.allowances.ofSubscription(environmentId, subscriptionId);
    for (const allowance of known) {
      const terms = wanted.find(({ slot }) => slot === allowance.slot);
      if (access === 'none' || terms === undefined) {
        await this.end(environmentId, allowance, now);
      } else if (access === 'withheld') {
        await this.stop(environmentId, allowance, now);
      } else {
        await this.continue(environmentId, customerId, allowance, terms, now);
      }
    }
    if (access === 'granted') {
      for (const terms of wanted.filter(({ slot }) => !known.some((allowance) => allowance.slot === slot))) {
        await this.begin(environmentId, customerId, subscriptionId, terms, now);
      }
    }
  }

  private async begin(
    environmentId: string,
    customerId: string,
    subscriptionId: string,
    terms: WantedAllowance,
    now: Date,
  ): Promise<void> {
    const period = await this.allowances.periodAt(terms, now);
    const id = newId('credit_allowance');
    await this.allowances.insert(environmentId, {
      ...terms,
      id,
      customer_id: customerId,
      subscription_id: subscriptionId,
      period_start: period.period_start,
      next_reset_at: period.period_end,
      granted: terms.quantity,
      created_at: now,
    });
    await this.give(environmentId, customerId, { ...terms, id }, terms.quantity, period.period_end, now);
  }

  /** Also of one that was stopped: in the same period it goes on, in a later one it begins that. */
  private async continue(
    environmentId: string,
    customerId: string,
    allowance: Allowance,
    { slot: _slot, source, ...terms }: WantedAllowance,
    now: Date,
  ): Promise<void> {
    const isOver = allowance.next_reset_at <= now;
    const period = isOver ? await this.allowances.periodAt(terms, now) : undefined;
    const resetsAt = period?.period_end ?? allowance.next_reset_at;
    const missing = new Big(terms.quantity).minus(isOver ? 0 : allowance.granted);
    await this.allowances.update(environmentId, allowance.id, {
      ...terms,
      ...(period === undefined
        ? {}
        : { period_start: period.period_start, next_reset_at: period.period_end }),
      ...(missing.gt(0) ? { granted: terms.quantity } : {}),
      ended_at: null,
    });
    if (missing.gt(0)) {
      const given = { ...terms, source, id: allowance.id };
      await this.give(environmentId, customerId, given, missing.toFixed(), resetsAt, now);
    }
  }

  private async stop(environmentId: string, allowance: Allowance, now: Date): Promise<void> {
    if (allowance.ended_at === null) {
      await this.allowances.update(environmentId, allowance.id, { ended_at: now });
    }
  }

  private async end(environmentId: string, allowance: Allowance, now: Date): Promise<void> {
    await this.stop(environmentId, allowance, now);
    for (const { id, remaining } of await this.allowances.grantsLeft(environmentId, allowance.id)) {
      await this.credits.move(environmentId, id, 'void', `-${remaining}`, now);
      await this.credits.markVoided(environmentId, id, now);
    }
  }

  private async give(
    environmentId: string,
    customerId: string,
    allowance: Pick<WantedAllowance, 'source' | 'interval' | 'interval_count'> & { id: string },
    quantity: string,
    expiresAt: Date,
    now: Date,
  ): Promise<void> {
    const id = newId('credit_grant');
    await this.credits.insertGrant(environmentId, {
      id,
      customer_id: customerId,
      source: allowance.source,
      source_id: null,
      allowance_id: allowance.id,
      quantity,
      priority: usualPriority,
      interval: allowance.interval,
      interval_count: allowance.interval_count,
      effective_at: now,
      expires_at: expiresAt,
      reason: null,
      created_at: now,
    });
    await this.credits.move(environmentId, id, 'grant', quantity, now);
  }
}
