import { Injectable } from '@nestjs/common';
import { AppError } from '../../platform/errors.ts';
import { Log } from '../../platform/log.ts';
import { CheckEntitlement } from '../entitlements/check-entitlement.ts';
import { TrackUsage } from '../usage/track-usage.ts';
import { BilledMerchants } from './billed-merchants.ts';
import { trackedCalls } from './house-plans.ts';
import { TrackedCallsUsedUp } from './merchant-billing.errors.ts';

/** Counts the calls that merchants of a hosted instance log, and refuses more than their plan has. */
@Injectable()
export class TrackedCalls {
  constructor(
    private readonly merchants: BilledMerchants,
    private readonly checks: CheckEntitlement,
    private readonly usage: TrackUsage,
    private readonly log: Log,
  ) {}

  /**
   * Throws `TrackedCallsUsedUp` when nothing is left. While something is left, a batch may go beyond it: what was logged
   * is counted, not cut. When we cannot tell, the calls are let in: our own bill is no reason to lose theirs.
   */
  async admit(environmentId: string): Promise<void> {
    const payer = await this.merchants.payer(environmentId);
    if (payer === undefined) {
      return;
    }
    const answer = await this.checks
      .check(payer.house, { customer: payer.reference, feature: trackedCalls, required: 1 })
      .catch((error: unknown) => {
        this.log.warn('merchant_billing.not_checked', { error: error instanceof Error ? error : undefined });
      });
    if (answer !== undefined && !answer.allowed && !answer.degraded) {
      throw new TrackedCallsUsedUp(answer);
    }
  }

  /** Counts calls that were logged, once per key. Never fails: who logged them is not to blame. */
  async count(environmentId: string, calls: number, key: string): Promise<void> {
    try {
      const payer = await this.merchants.payer(environmentId);
      if (payer !== undefined) {
        await this.usage.one(payer.house, {
          customer: payer.reference,
          meter: trackedCalls,
          value: calls,
          idempotency_key: `calls:${key}`,
        });
      }
    } catch (error) {
      const refusal = error instanceof AppError ? error.code : undefined;
      this.log.error('merchant_billing.not_counted', {
        refusal,
        environment_id: environmentId,
        calls,
        error: error instanceof Error ? error : undefined,
      });
    }
  }
}
