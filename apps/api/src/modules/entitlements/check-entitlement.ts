import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../platform/clock.ts';
import { Log } from '../../platform/log.ts';
import { Metrics } from '../../platform/metrics.ts';
import { answeredBy, isUnanswered } from '../../platform/outage.ts';
import { FeatureNotFound } from '../catalog/catalog.errors.ts';
import { plainReference } from '../customers/customer-reference.ts';
import { OnboardingService } from '../merchants/onboarding.service.ts';
import { check } from './check.ts';
import { EntitlementsRepository } from './entitlements.repository.ts';
import { FeaturePolicies } from './feature-policies.ts';
import type { KeptSnapshot } from './hot-snapshots.ts';
import { type OutageAnswer as Answer, OutageAnswers } from './outage-answers.ts';
import { grantOf, type Snapshot } from './snapshot.ts';
import { SnapshotCache } from './snapshot-cache.ts';
import { SnapshotLoader } from './snapshot-loader.ts';
import { type StripeAnswer, UnsyncedCustomers } from './unsynced-customers.ts';

const featureCacheMs = 10_000;
const environmentsMax = 100_000;
/** When one that need not be read anew is looked at again. */
const lookAgainMs = 5_000;
/** Asking Stripe takes 800 ms at most, and a little of Postgres. */
const stripeMs = 1_000;

interface Question {
  customer: string;
  feature: string;
  required: number;
}

type Feature = { key: string; type: 'boolean' | 'metered' | 'config' };

/**
 * Answers from memory, else from Redis, else from Postgres, and for a customer of whom Stripe may know more, after asking
 * Stripe. When nobody can be asked, by what this process knows.
 */
@Injectable()
export class CheckEntitlement {
  private readonly features = new LRUCache<string, Feature>({ max: 10_000, ttl: featureCacheMs });
  private readonly checkedBefore = new LRUCache<string, true>({ max: environmentsMax });

  constructor(
    private readonly entitlements: EntitlementsRepository,
    private readonly cache: SnapshotCache,
    private readonly loader: SnapshotLoader,
    private readonly unsynced: UnsyncedCustomers,
    private readonly policies: FeaturePolicies,
    private readonly outage: OutageAnswers,
    private readonly onboarding: OnboardingService,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Throws `FeatureNotFound`: a typo must not silently deny. */
  async check(environmentId: string, question: Question): Promise<Answer> {
    return this.checkNow(environmentId, question);
  }

  /** Like `check`, and without a promise when this process knows the answer. */
  checkNow(environmentId: string, question: Question): Answer | Promise<Answer> {
    const reference = plainReference(question.customer);
    const kept = this.usable(environmentId, reference, this.cache.find(environmentId, reference));
    const granted = kept && grantOf(kept.snapshot, question.feature);
    if (kept === undefined || granted === undefined || kept.snapshot.unsynced_since !== null) {
      return this.checkFurther(environmentId, reference, question, kept);
    }
    this.metrics.checks.inc({ source: 'memory' });
    return this.answer(environmentId, kept.snapshot, question, granted.type, false);
  }

  private async checkFurther(
    environmentId: string,
    reference: string,
    question: Question,
    kept: KeptSnapshot | undefined,
  ): Promise<Answer> {
    this.policies.see(environmentId);
    try {
      return await this.ask(environmentId, reference, question, kept);
    } catch (error) {
      const answer = isUnanswered(error) ? this.outage.answer(environmentId, reference, question) : undefined;
      if (answer === undefined) {
        throw error;
      }
      return answer;
    }
  }

  /** Throws also when nobody answers in time, where something can be said without. */
  private async ask(
    environmentId: string,
    reference: string,
    question: Question,
    kept: KeptSnapshot | undefined,
  ): Promise<Answer> {
    const patiently = <T>(work: Promise<T>): Promise<T> =>
      answeredBy(this.outage.askUntil(environmentId, reference, question.feature), work);

    let snapshot = kept?.snapshot ?? (await this.snapshot(environmentId, reference, patiently));
    const stripe = await this.askStripe(environmentId, snapshot);
    if (stripe === 'answered') {
      snapshot = await patiently(this.loader.load(environmentId, reference));
      this.metrics.checks.inc({ source: 'stripe' });
    }
    const type =
      grantOf(snapshot, question.feature)?.type ??
      this.features.get(featureKey(environmentId, question.feature))?.type ??
      (await patiently(this.feature(environmentId, question.feature))).type;
    return this.answer(environmentId, snapshot, question, type, stripe === 'silent');
  }

  private answer(
    environmentId: string,
    snapshot: Snapshot,
    { feature: key, required }: Question,
    type: Feature['type'],
    degraded: boolean,
  ): Answer {
    this.rememberFirst(environmentId);
    const answer = check(snapshot, { key, type }, required);
    return degraded ? { ...answer, degraded } : answer;
  }

  /** Asks Stripe about a customer of whom it may know more than we do; of any other, nothing is in doubt. */
  private async askStripe(environmentId: string, snapshot: Snapshot): Promise<'certain' | StripeAnswer> {
    const { customer_id: id, unsynced_since: since } = snapshot;
    if (id === null || since === null) {
      return 'certain';
    }
    try {
      return await answeredBy(
        performance.now() + stripeMs,
        this.unsynced.ask(environmentId, id, new Date(since)),
      );
    } catch (error) {
      if (isUnanswered(error)) {
        return 'silent';
      }
      throw error;
    }
  }

  private async snapshot(
    environmentId: string,
    reference: string,
    patiently: <T>(work: Promise<T>) => Promise<T>,
  ): Promise<Snapshot> {
    const stored = await this.cache.read(environmentId, reference);
    const kept = this.usable(environmentId, reference, stored);
    if (kept !== undefined) {
      this.metrics.checks.inc({ source: 'redis' });
      return kept.snapshot;
    }
    this.metrics.checks.inc({ source: 'postgres' });
    return patiently(this.loader.load(environmentId, reference));
  }

  /** Undefined for one in which a period is over: its usage counts from zero. One that is used is kept young. */
  private usable(environmentId: string, reference: string, kept: KeptSnapshot | undefined) {
    if (kept === undefined || kept.ends_at_ms <= this.clock.now().getTime()) {
      return undefined;
    }
    const now = performance.now();
    if (kept.renew_at_ms <= now) {
      this.policies.see(environmentId);
      const isVouchedFor = this.cache.vouches(environmentId, reference, kept);
      kept.renew_at_ms = isVouchedFor ? now + lookAgainMs : Infinity;
      if (!isVouchedFor) {
        this.loader.renew(environmentId, reference);
      }
    }
    return kept;
  }

  private async feature(environmentId: string, key: string): Promise<Feature> {
    const feature = await this.entitlements.findFeature(environmentId, key);
    if (feature === undefined) {
      throw new FeatureNotFound(key);
    }
    this.features.set(featureKey(environmentId, key), feature, { noUpdateTTL: true });
    return feature;
  }

  /** Ticks the onboarding checklist, once per environment and process, beside the answer. */
  private rememberFirst(environmentId: string): void {
    if (this.checkedBefore.has(environmentId)) {
      return;
    }
    this.checkedBefore.set(environmentId, true);
    this.onboarding.complete(environmentId, 'first_check').catch((error: unknown) => {
      this.checkedBefore.delete(environmentId);
      this.log.warn('onboarding.not_written', { error: error instanceof Error ? error : undefined });
    });
  }
}

function featureKey(environmentId: string, key: string): string {
  return `${environmentId}:${key}`;
}
