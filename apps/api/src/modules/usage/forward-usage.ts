import { createHash } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AppError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { Log } from '../../platform/log.ts';
import { Connections } from '../../stripe/connections.ts';
import { billedUntil } from '../../stripe/stripe.billed-usage.ts';
import { StripeNotConnected, StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { sendMeterEvent } from '../../stripe/stripe.meter-events.ts';
import { ForwardsRepository } from './forwards.repository.ts';
import { type DueForward, UsageRepository } from './usage.repository.ts';

const everyMs = 1_000;
const batchMax = 100;
const leaseSeconds = 120;
const retrySeconds = 60;
/** Stripe forgets identifiers after 24 hours: what may have been sent before that is never sent again blindly. */
const resendHoursMax = 20;

/** Tells Stripe's meters what was used: summed up, in whole units, each exactly once. */
@Injectable()
export class ForwardUsage implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly usage: UsageRepository,
    private readonly forwards: ForwardsRepository,
    private readonly connections: Connections,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({ name: 'usage.forward', every_ms: everyMs, run: () => this.run() });
  }

  /** Sends everything that is due now. */
  async run(): Promise<void> {
    let claimed: DueForward[];
    do {
      const restIds = Array.from({ length: 2 * batchMax }, () => newId('usage_forward'));
      claimed = await this.usage.claimForwards(this.clock.now(), leaseSeconds, restIds);
      await Promise.all(claimed.map((forward) => this.send(forward)));
    } while (claimed.length === batchMax);
  }

  private async send(forward: DueForward): Promise<void> {
    const { environment_id: environmentId, id } = forward;
    const age = this.clock.now().getTime() - forward.first_attempt_at.getTime();
    if (age > resendHoursMax * 3_600_000) {
      return this.settle(environmentId, id, {
        state: 'needs_reconcile',
        error: `Not acknowledged within ${resendHoursMax} h of the first attempt.`,
      });
    }
    try {
      if (forward.is_past && (await this.isBilled(forward))) {
        return await this.comeTooLate(forward);
      }
      await sendMeterEvent(await this.connections.of(environmentId), {
        identifier: createHash('sha256').update(`${environmentId}:${id}`).digest('hex'),
        meter_key: forward.meter_key,
        stripe_customer_id: forward.stripe_customer_id,
        value: forward.quantity,
        occurred_at: forward.bucket,
      });
    } catch (error) {
      return this.settleFailure(forward, error);
    }
    return this.settle(environmentId, id, { state: 'sent', sent_at: this.clock.now(), error: null });
  }

  /** Whether Stripe has issued the invoice for that time: what it is told of it now nobody is charged for. */
  private async isBilled(forward: DueForward): Promise<boolean> {
    const { environment_id: environmentId, customer_id: customerId, meter_id: meterId } = forward;
    const prices = await this.database.tenant(environmentId, () =>
      this.forwards.stripePrices(environmentId, meterId),
    );
    const until = await billedUntil(await this.connections.of(environmentId), {
      stripe_customer_id: forward.stripe_customer_id,
      stripe_price_ids: prices,
      since: forward.bucket,
    });
    if (until === undefined || until <= forward.bucket) {
      return false;
    }
    await this.database.tenant(environmentId, () =>
      this.forwards.noteBilled(environmentId, { customer_id: customerId, meter_id: meterId, until }),
    );
    return true;
  }

  /** What was never sent is taken up anew, for the next invoice. Of the rest nobody knows whether it is on that one. */
  private comeTooLate({ environment_id: environmentId, id, absolute, attempts }: DueForward): Promise<void> {
    return this.settle(
      environmentId,
      id,
      !absolute && attempts === 1
        ? { first_attempt_at: null, attempts: 0, due_at: this.clock.now() }
        : {
            state: 'needs_reconcile',
            error: 'Stripe issued the invoice for its time before it acknowledged this.',
          },
    );
  }

  private settleFailure(forward: DueForward, error: unknown): Promise<void> {
    const { environment_id: environmentId, id } = forward;
    const message = error instanceof Error ? error.message.slice(0, 500) : String(error);
    const isFinal =
      error instanceof AppError &&
      !(error instanceof StripeUnavailable) &&
      !(error instanceof StripeNotConnected);
    this.log.warn(isFinal ? 'usage.forward_refused' : 'usage.forward_will_retry', { forward_id: id });
    return this.settle(
      environmentId,
      id,
      isFinal
        ? { state: 'needs_reconcile', error: message }
        : { due_at: new Date(this.clock.now().getTime() + retrySeconds * 1_000), error: message },
    );
  }

  private settle(
    environmentId: string,
    id: string,
    change: Parameters<UsageRepository['updateForward']>[2],
  ): Promise<void> {
    return this.database.tenant(environmentId, () => this.usage.updateForward(environmentId, id, change));
  }
}
