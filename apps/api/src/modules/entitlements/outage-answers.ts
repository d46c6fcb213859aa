import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Metrics } from '../../platform/metrics.ts';
import { check, type CheckAnswer } from './check.ts';
import { FeaturePolicies } from './feature-policies.ts';
import { grantOf, type Snapshot } from './snapshot.ts';
import { SnapshotCache } from './snapshot-cache.ts';
import { SnapshotLoader } from './snapshot-loader.ts';

/**
 * How long Postgres is waited for, by what can be answered instead. Of a customer who is known here not longer than the
 * SDK waits for one try; before the policy decides, which is a guess, nearly as long as the route may take.
 */
const patienceMs = { customer: 700, feature: 2_000 };
/** While it is known that Postgres does not answer. */
const patienceInOutageMs = 250;

interface Question {
  feature: string;
  required: number;
}

/** `outage`, allowed or not: nothing was known of the customer, and the feature's policy decided. */
export type OutageAnswer = Omit<CheckAnswer, 'reason'> & { reason: CheckAnswer['reason'] | 'outage' };

/** What a check says when nobody can be asked: what was last known of the customer, else what the feature says. */
@Injectable()
export class OutageAnswers {
  constructor(
    private readonly cache: SnapshotCache,
    private readonly policies: FeaturePolicies,
    private readonly loader: SnapshotLoader,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  /** Until when, by `performance.now()`, Postgres is waited for. Undefined: nothing else could be answered. */
  askUntil(environmentId: string, reference: string, feature: string): number | undefined {
    const known = this.knownOf(environmentId, reference, feature);
    if (known === undefined) {
      return undefined;
    }
    const patience = known.snapshot === undefined ? patienceMs.feature : patienceMs.customer;
    return performance.now() + (this.loader.isPostgresAway ? patienceInOutageMs : patience);
  }

  /** Undefined: this process does not know the customer, nor the feature. */
  answer(
    environmentId: string,
    reference: string,
    { feature: key, required }: Question,
  ): OutageAnswer | undefined {
    const known = this.knownOf(environmentId, reference, key);
    if (known === undefined) {
      return undefined;
    }
    const { type, snapshot } = known;
    this.metrics.checks.inc({ source: snapshot === undefined ? 'policy' : 'last_known' });
    if (snapshot !== undefined) {
      return { ...check(snapshot, { key, type }, required), degraded: true };
    }
    return {
      allowed: known.on_outage === 'allow',
      reason: 'outage',
      feature: key,
      type,
      used: null,
      limit: null,
      remaining: null,
      overage: null,
      resets_at: null,
      value: null,
      credits: null,
      version: 0,
      degraded: true,
    };
  }

  private knownOf(environmentId: string, reference: string, key: string) {
    const policy = this.policies.find(environmentId, key);
    const snapshot = this.lastKnown(environmentId, reference);
    const type = (snapshot && grantOf(snapshot, key)?.type) ?? policy?.type;
    return type === undefined ? undefined : { type, snapshot, on_outage: policy?.on_outage ?? 'deny' };
  }

  /** Not one in which a period is over: its numbers, and perhaps its grants, are those of the past. */
  private lastKnown(environmentId: string, reference: string): Snapshot | undefined {
    const kept = this.cache.lastKnown(environmentId, reference);
    return kept === undefined || kept.ends_at_ms <= this.clock.now().getTime() ? undefined : kept.snapshot;
  }
}
