import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { type Connection, Connections } from '../../stripe/connections.ts';
import { meterTotal } from '../../stripe/stripe.listing.ts';
import { AuditService } from '../audit/audit.service.ts';
import { type ForwardedPair, ForwardsRepository, type LateValue } from './forwards.repository.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** Stripe takes nothing that is older. */
const daysBack = 34;
/** Stripe counts a while after it has taken an event. */
const countedAfterMs = 15 * minuteMs;

/** One request for each minute in which something is in doubt. */
const minutesAtOnce = 200;
const lateAtOnce = 200;

/** What a meter of Stripe counted otherwise than it was told. */
export interface MeterDifference {
  customer_id: string;
  meter_id: string;
  stripe_meter_id: string;
  before: { sent: string; unsure: string };
  after: { counted: string };
  /** Settles what was in doubt. Says why not, when Stripe's sum does not tell. */
  repair(): Promise<string | null>;
}

/** Compares what Stripe's meters were told with what they say they counted. */
@Injectable()
export class MeterDrift {
  constructor(
    private readonly database: Database,
    private readonly forwards: ForwardsRepository,
    private readonly connections: Connections,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** A page of customers and meters that something was sent for since a time, or of which something is in doubt. */
  async step(
    environmentId: string,
    connection: Connection,
    options: { since: Date; after: string | null; limit: number },
  ): Promise<{ checked: number; found: MeterDifference[]; next: string | null }> {
    const now = this.clock.now().getTime();
    const window = {
      // What a former account was told is not this one's.
      from: new Date(
        Math.max(
          Math.floor(now / dayMs - daysBack) * dayMs,
          Math.ceil(connection.connected_at.getTime() / minuteMs) * minuteMs,
        ),
      ),
      until: new Date(Math.floor((now - countedAfterMs) / minuteMs) * minuteMs),
    };
    const pairs = await this.database.tenant(environmentId, () =>
      this.forwards.pairs(environmentId, { ...options, ...window, settled_before: window.until }),
    );
    const found: MeterDifference[] = [];
    for (const pair of pairs) {
      const counted = await meterTotal(connection, { ...pair, ...window });
      // Whole numbers, and far below what a number holds exactly.
      if (counted !== Number(pair.sent) || pair.is_unsure) {
        found.push(this.difference(environmentId, pair, counted, window));
      }
    }
    const last = pairs.at(-1);
    const next = pairs.length === options.limit ? (last?.key ?? null) : null;
    if (next === null) {
      const late = await this.database.tenant(environmentId, () =>
        this.forwards.late(environmentId, lateAtOnce),
      );
      found.push(...late.map(cameTooLate));
    }
    return { checked: pairs.length, found, next };
  }

  /** Somebody has dealt with what is in doubt of a time: it is told to nobody any more. In the open transaction. */
  async writeOff(
    environmentId: string,
    of: { customer_id: string; meter_id: string; until: Date },
  ): Promise<void> {
    const quantities = await this.forwards.writeOff(environmentId, of);
    await this.audit.record(environmentId, {
      action: 'usage_forward.written_off',
      target: { type: 'customer', id: of.customer_id },
      after: { meter: of.meter_id, quantities },
    });
  }

  /** What was not told to an account that was left is not for the next one. In the open transaction. */
  forgetAccount(environmentId: string): Promise<void> {
    return this.forwards.giveUp(environmentId, 'The Stripe account it was for was replaced.');
  }

  private difference(
    environmentId: string,
    pair: ForwardedPair,
    counted: number,
    window: { from: Date; until: Date },
  ): MeterDifference {
    const { sent, unsure, customer_id: customerId, meter_id: meterId } = pair;
    return {
      customer_id: customerId,
      meter_id: meterId,
      stripe_meter_id: pair.stripe_meter_id,
      before: { sent, unsure },
      after: { counted: String(counted) },
      repair: () =>
        pair.is_unsure
          ? this.settle(environmentId, pair, counted, window)
          : this.tellAgain(environmentId, pair, counted, window),
    };
  }

  /** A value says the whole: telling it twice is telling it once. More of a sum would be counted twice. */
  private async tellAgain(
    environmentId: string,
    { customer_id: customerId, meter_id: meterId, sent, is_absolute: isAbsolute }: ForwardedPair,
    counted: number,
    window: { from: Date; until: Date },
  ): Promise<string | null> {
    if (!isAbsolute) {
      return counted < Number(sent)
        ? 'Stripe counted less than it was told. Look at the meter’s errors on Stripe; usage is not sent again by itself.'
        : 'Stripe counted more than it was told: somebody else sends to this meter.';
    }
    await this.database.tenant(environmentId, async () => {
      await this.forwards.tellAgain(
        environmentId,
        { customerId, meterId, ...window },
        newId('usage_forward'),
        this.clock.now(),
      );
      await this.audit.record(environmentId, {
        action: 'usage_forward.sent_anew',
        target: { type: 'customer', id: customerId },
        after: { meter: meterId, quantity: sent },
      });
    });
    return null;
  }

  /** Finds out what became of what is in doubt. Says why it cannot, where Stripe's sum does not tell. */
  async settle(
    environmentId: string,
    pair: ForwardedPair,
    counted: number,
    window: { from: Date; until: Date },
  ): Promise<string | null> {
    const { sent, unsure, customer_id: customerId, meter_id: meterId, is_absolute: isAbsolute } = pair;
    const arrived = counted === Number(unsure) + (isAbsolute ? 0 : Number(sent));
    if (!arrived && !isAbsolute && counted !== Number(sent)) {
      return this.settleByMinute(environmentId, pair, window);
    }
    await this.database.tenant(environmentId, async () => {
      const rows = await this.forwards.unsure(environmentId, { customerId, meterId, ...window });
      for (const { id } of rows) {
        await (arrived
          ? this.forwards.noteSent(environmentId, id, this.clock.now())
          : // Stripe has forgotten the identifier it came with before: it goes as a new one.
            this.forwards.sendAnew(environmentId, id, newId('usage_forward'), this.clock.now()));
      }
      await this.audit.record(environmentId, {
        action: arrived ? 'usage_forward.found_sent' : 'usage_forward.sent_anew',
        target: { type: 'customer', id: customerId },
        after: { meter: meterId, quantity: unsure },
      });
    });
    return null;
  }

  /** Some of it arrived: each minute by itself says which. */
  private async settleByMinute(
    environmentId: string,
    pair: ForwardedPair,
    window: { from: Date; until: Date },
  ): Promise<string | null> {
    const { customer_id: customerId, meter_id: meterId } = pair;
    const connection = await this.connections.of(environmentId);
    const rows = await this.database.tenant(environmentId, () =>
      this.forwards.unsure(environmentId, { customerId, meterId, ...window }),
    );
    const minutes = [
      ...new Set(rows.map(({ bucket }) => Math.floor(bucket.getTime() / minuteMs) * minuteMs)),
    ];
    let left: string | null = null;
    for (const start of minutes.slice(0, minutesAtOnce)) {
      const minute = { from: new Date(start), until: new Date(start + minuteMs) };
      const part = await this.database.tenant(environmentId, () =>
        this.forwards.pair(environmentId, pair, minute),
      );
      const counted = await meterTotal(connection, { ...pair, ...minute });
      const isKnown =
        part !== undefined &&
        (counted === Number(part.sent) || counted === Number(part.sent) + Number(part.unsure));
      if (isKnown) {
        await this.settle(environmentId, part, counted, minute);
      } else {
        left = 'Stripe counted neither with nor without what is in doubt: it is not sent again by itself.';
      }
    }
    return minutes.length > minutesAtOnce ? 'There is more in doubt than was looked at.' : left;
  }
}

/** What no invoice of Stripe can charge any more: a person decides what becomes of it. */
function cameTooLate({
  used,
  billed,
  period_start: start,
  period_end: end,
  ...of
}: LateValue): MeterDifference {
  const day = (at: Date) => at.toISOString().slice(0, 10);
  return {
    ...of,
    before: { sent: billed, unsure: used },
    after: { counted: billed },
    repair: async () =>
      `The invoice for ${day(start)} to ${day(end)} was issued with ${billed}, before Stripe acknowledged ${used}. Charge or credit the difference yourself, if you want to, and settle this.`,
  };
}
