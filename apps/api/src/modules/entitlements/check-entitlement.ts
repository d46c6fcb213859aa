import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../platform/clock.ts';
import { Log } from '../../platform/log.ts';
import { Metrics } from '../../platform/metrics.ts';
import { FeatureNotFound } from '../catalog/catalog.errors.ts';
import { plainReference } from '../customers/customer-reference.ts';
import { OnboardingService } from '../merchants/onboarding.service.ts';
import { check, type CheckAnswer as Answer } from './check.ts';
import { EntitlementsRepository } from './entitlements.repository.ts';
import type { KeptSnapshot } from './hot-snapshots.ts';
import { grantOf, type Snapshot } from './snapshot.ts';
import { SnapshotCache } from './snapshot-cache.ts';
import { SnapshotLoader } from './snapshot-loader.ts';
import { type StripeAnswer, UnsyncedCustomers } from './unsynced-customers.ts';

const featureCacheMs = 10_000;
const environmentsMax = 100_000;

interface Question {
  customer: string;
  feature: string;
  required: number;
}

type Feature = { key: string; type: 'boolean' | 'metered' | 'config' };

/** Answers from memory, else from Redis, else from Postgres, and for a customer of whom Stripe may know more, after asking Stripe. */
@Injectable()
export class CheckEntitlement {
  private readonly features = new LRUCache<string, Feature>({ max: 10_000, ttl: featureCacheMs });
  private readonly checkedBefore = new LRUCache<string, true>({ max: environmentsMax });

  constructor(
    private readonly entitlements: EntitlementsRepository,
    private readonly cache: SnapshotCache,
    private readonly loader: SnapshotLoader,
    private readonly unsynced: UnsyncedCustomers,
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
    let snapshot = kept?.snapshot ?? (await this.snapshot(environmentId, reference));
    const stripe = await this.askStripe(environmentId, snapshot);
    if (stripe === 'answered') {
      snapshot = await this.loader.load(environmentId, reference);
      this.metrics.checks.inc({ source: 'stripe' });
    }
    const type =
      grantOf(snapshot, question.feature)?.type ?? (await this.feature(environmentId, question.feature)).type;
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
    return id === null || since === null ? 'certain' : this.unsynced.ask(environmentId, id, new Date(since));
  }

  private async snapshot(environmentId: string, reference: string): Promise<Snapshot> {
    const stored = await this.cache.read(environmentId, reference);
    const kept = this.usable(environmentId, reference, stored);
    if (kept !== undefined) {
      this.metrics.checks.inc({ source: 'redis' });
      return kept.snapshot;
    }
    this.metrics.checks.inc({ source: 'postgres' });
    return this.loader.load(environmentId, reference);
  }

  /** Undefined for one in which a period is over: its usage counts from zero. One that is used is kept young. */
  private usable(environmentId: string, reference: string, kept: KeptSnapshot | undefined) {
    if (kept === undefined || kept.ends_at_ms <= this.clock.now().getTime()) {
      return undefined;
    }
    if (kept.renew_at_ms <= performance.now()) {
      kept.renew_at_ms = Infinity;
      this.loader.renew(environmentId, reference);
    }
    return kept;
  }

  private async feature(environmentId: string, key: string): Promise<Feature> {
    const cacheKey = `${environmentId}:${key}`;
    const feature = this.features.get(cacheKey) ?? (await this.entitlements.findFeature(environmentId, key));
    if (feature === undefined) {
      throw new FeatureNotFound(key);
    }
    this.features.set(cacheKey, feature, { noUpdateTTL: true });
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
