import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { hashApiKey, isConsumerKey } from '../../platform/auth/api-key.ts';
import { Clock } from '../../platform/clock.ts';
import { ServiceUnavailable } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { RateLimiter } from '../../platform/rate-limits/rate-limiter.ts';
import { CheckEntitlement } from '../entitlements/check-entitlement.ts';
import { ConsumeUsage } from '../entitlements/consume-usage.ts';
import type { Verification, verifyConsumerKey } from './consumer-keys.schemas.ts';
import { KnownKeys } from './known-keys.ts';
import { QuotaWatch } from './quota-watch.ts';
import {
  codeOfDenial,
  type KnownKey,
  nearestLimit,
  refusalOf,
  secondsUntil,
  windowsOf,
} from './verification.ts';

type Question = z.output<typeof verifyConsumerKey>;

const unknown: Verification = {
  valid: false,
  code: 'not_found',
  reason: null,
  key_id: null,
  name: null,
  customer: null,
  external_id: null,
  project: null,
  plan: null,
  scopes: [],
  meta: {},
  remaining: null,
  quota: null,
  rate_limit: null,
  retry_after: null,
  degraded: false,
};

@Injectable()
export class VerifyKey {
  constructor(
    private readonly known: KnownKeys,
    private readonly limiter: RateLimiter,
    private readonly checks: CheckEntitlement,
    private readonly consumptions: ConsumeUsage,
    private readonly quotas: QuotaWatch,
    private readonly clock: Clock,
  ) {}

  /**
   * Whether a call with a key may be answered, and everything about it. In this order, the first that applies: unknown,
   * revoked, expired, disabled, a missing scope, too fast, nothing left. A call that is refused counts against no limit,
   * except one refused for the quota, which came fast all the same. Throws `FeatureNotFound` for a feature that is named.
   */
  async verify(environmentId: string, question: Question): Promise<Verification> {
    if (!isConsumerKey(question.key)) {
      return unknown;
    }
    const key = await this.known.find(environmentId, hashApiKey(question.key));
    if (key === undefined) {
      return unknown;
    }
    const now = this.clock.now();
    const about = { ...unknown, ...factsOf(key) };
    const refusal = refusalOf(key, question.scopes, now);
    if (refusal !== undefined) {
      return { ...about, code: refusal };
    }
    this.known.noteUse(environmentId, key.id);

    const windows = windowsOf(key);
    const taken = await this.limiter.take(environmentId, windows, question.cost);
    const limited = { ...about, rate_limit: nearestLimit(windows, taken.windows) };
    if (!taken.isAllowed) {
      const retryAt = Math.max(...taken.windows.map((window) => window.retry_at));
      // What costs more than a whole window holds does not fit later either.
      const fitsLater = windows.every(({ limit }) => question.cost <= limit);
      return {
        ...limited,
        code: 'rate_limited',
        retry_after: fitsLater ? secondsUntil(retryAt, now) : null,
      };
    }
    const feature = question.feature ?? key.quota_feature;
    return feature === null
      ? { ...limited, valid: true, code: 'valid' }
      : this.withQuota(environmentId, key, { ...question, feature }, limited);
  }

  private async withQuota(
    environmentId: string,
    key: KnownKey,
    { feature, cost, consume, idempotency_key: once }: Question & { feature: string },
    about: Verification,
  ): Promise<Verification> {
    const customer = key.external_id === null ? key.customer_id : `external:${key.external_id}`;
    const answer = consume
      ? await this.consumptions.consume(environmentId, {
          customer,
          feature,
          quantity: cost,
          idempotency_key: once ?? newId('usage_event'),
        })
      : await this.checks.check(environmentId, { customer, feature, required: cost });
    const { used, limit, remaining, resets_at: resetsAt, degraded } = answer;
    const quota = used === null ? null : { feature, limit, used, remaining, resets_at: resetsAt };
    if (quota !== null) {
      this.quotas.look(environmentId, key.customer_id, quota);
    }
    const counted = { ...about, quota, remaining, degraded };
    if (answer.allowed) {
      return { ...counted, valid: true, code: 'valid' };
    }
    if (answer.reason === 'outage') {
      // Nothing is wrong with the key, and nobody knows what is left: no code says that.
      throw new ServiceUnavailable(new Error('What is left of the quota could not be looked up.'));
    }
    const code = codeOfDenial(answer.reason);
    return {
      ...counted,
      code,
      reason: answer.reason,
      retry_after:
        code === 'quota_exceeded' && resetsAt !== null
          ? secondsUntil(resetsAt.getTime(), this.clock.now())
          : null,
    };
  }
}

function factsOf(key: KnownKey) {
  return {
    key_id: key.id,
    name: key.name,
    customer: key.customer_id,
    external_id: key.external_id,
    project: key.project_id,
    plan: key.plan,
    scopes: key.scopes,
    meta: key.meta,
  };
}
