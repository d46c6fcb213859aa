import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { Connections } from '../../stripe/connections.ts';
import { meterTotal } from '../../stripe/stripe.listing.ts';
import { ForwardUsage } from './forward-usage.ts';
import { ForwardsRepository } from './forwards.repository.ts';
import { MeterDrift } from './meter-drift.ts';
import type { UsedPeriod } from './used-period.ts';

const minuteMs = 60_000;

/** Sees to it that Stripe has counted all that was used of a period, before anybody is charged for it. */
@Injectable()
export class FlushUsage {
  constructor(
    private readonly database: Database,
    private readonly forwards: ForwardsRepository,
    private readonly forward: ForwardUsage,
    private readonly drift: MeterDrift,
    private readonly connections: Connections,
    private readonly clock: Clock,
  ) {}

  /**
   * Null: everything that was put down for that time is acknowledged, and the meter says so. Else what is missing, in
   * words. Throws `StripeUnavailable`, `StripeNotConnected`.
   */
  async flush(environmentId: string, of: UsedPeriod): Promise<string | null> {
    if (await this.hurry(environmentId, of)) {
      await this.forward.run();
    }
    const left = await this.database.tenant(environmentId, () =>
      this.forwards.unacknowledged(environmentId, of),
    );
    if (left > 0) {
      return `Stripe has not acknowledged ${left} of the quantities it was told.`;
    }
    return this.compare(environmentId, of);
  }

  /** Tells Stripe now what it would be told within the next minute, as far as it takes it. */
  async tellNow(environmentId: string, customerId: string): Promise<void> {
    const hurried = await this.database.tenant(environmentId, () =>
      this.forwards.hurry(environmentId, { customer_id: customerId }, this.clock.now()),
    );
    if (hurried) {
      await this.forward.run();
    }
  }

  /** What was used before `until` is billed: what comes of that time is for the next invoice. In the open transaction. */
  async noteBilled(
    environmentId: string,
    customerId: string,
    meters: { meter_id: string; until: Date }[],
  ): Promise<void> {
    for (const { meter_id: meterId, until } of meters) {
      await this.forwards.noteBilled(environmentId, { customer_id: customerId, meter_id: meterId, until });
    }
  }

  /** The use of every meter is billed up to a moment in the middle of its period. In the open transaction. */
  noteSwitch(environmentId: string, customerId: string, at: Date): Promise<void> {
    // Stripe goes by whole seconds.
    const until = new Date(Math.ceil(at.getTime() / 1_000) * 1_000);
    return this.forwards.noteAllBilled(environmentId, customerId, until);
  }

  /** The invoice is issued without what Stripe did not acknowledge: a reconciliation finds out what became of that. */
  giveUp(environmentId: string, of: UsedPeriod): Promise<void> {
    return this.database.tenant(environmentId, () =>
      this.forwards.doubt(
        environmentId,
        of,
        'The invoice for its time was issued before Stripe acknowledged this.',
      ),
    );
  }

  private hurry(environmentId: string, of: UsedPeriod): Promise<boolean> {
    return this.database.tenant(environmentId, () =>
      this.forwards.hurry(environmentId, of, this.clock.now()),
    );
  }

  /** Stripe acknowledges what it has not counted yet. */
  private async compare(environmentId: string, of: UsedPeriod): Promise<string | null> {
    const connection = await this.connections.of(environmentId);
    // Stripe sums up whole minutes only. What is of a neighbouring period in them is on both sides.
    const window = {
      from: new Date(
        Math.max(
          Math.floor(of.start.getTime() / minuteMs) * minuteMs,
          Math.ceil(connection.connected_at.getTime() / minuteMs) * minuteMs,
        ),
      ),
      until: new Date(Math.ceil(of.end.getTime() / minuteMs) * minuteMs),
    };
    if (window.from >= window.until) {
      return null;
    }
    const pair = await this.database.tenant(environmentId, () =>
      this.forwards.pair(environmentId, of, window),
    );
    if (pair === undefined) {
      return null;
    }
    const counted = await meterTotal(connection, { ...pair, ...window });
    if (pair.is_unsure) {
      const why = await this.drift.settle(environmentId, pair, counted, window);
      return why ?? 'It was not known whether Stripe had taken a quantity; that is settled now.';
    }
    const told = Number(pair.sent);
    // More than that somebody else has told it.
    const isComplete = pair.is_absolute ? counted === told : counted >= told;
    return isComplete ? null : `Stripe has counted ${counted}, and was told ${told}.`;
  }
}
