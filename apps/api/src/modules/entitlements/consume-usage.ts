import { Injectable } from '@nestjs/common';
import { hash } from 'node:crypto';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { idLike, newId } from '../../platform/ids.ts';
import { Turns } from '../../platform/turns.ts';
import { plainReference } from '../customers/customer-reference.ts';
import { UsageKeyConflict } from '../usage/usage.errors.ts';
import { check } from './check.ts';
import { passedSpendCap } from './spend.ts';
import type { Consumption, ConsumeBody } from './consume.schemas.ts';
import { type Consumed, ConsumeRepository, type ConsumeWish } from './consume.repository.ts';
import { MeteredFeatures } from './metered-features.ts';
import { SnapshotCache } from './snapshot-cache.ts';

/** Who waits longer for a turn is answered 503 before it comes. */
const waitMs = 2_000;

/** Checks and deducts in one step: of what is left, no more is ever given than there is. */
@Injectable()
export class ConsumeUsage {
  private readonly turns = new Turns();

  constructor(
    private readonly database: Database,
    private readonly features: MeteredFeatures,
    private readonly consumptions: ConsumeRepository,
    private readonly cache: SnapshotCache,
    private readonly clock: Clock,
  ) {}

  /**
   * A denial is an answer, with nothing written. Throws `FeatureNotFound`, `FeatureNotMetered`, `MeterNotSummed`, and
   * `UsageKeyConflict` for a key that came before with another body.
   */
  async consume(environmentId: string, body: ConsumeBody): Promise<Consumption> {
    const feature = await this.features.get(environmentId, body.feature);
    const id = newId('usage_event');
    const wish = {
      reference: plainReference(body.customer),
      feature: body.feature,
      quantity: body.quantity,
      key: body.idempotency_key,
      fingerprint: fingerprintOf(body),
      event_id: id,
      new_customer_id: idLike(id, 'customer'),
      forward_id: idLike(id, 'usage_forward'),
      properties: body.properties === undefined ? null : JSON.stringify(body.properties),
      now: this.clock.now(),
    };
    const consumed = await this.turns.take(
      `${environmentId} ${wish.reference}`,
      () => this.take(environmentId, wish),
      waitMs,
    );
    const { outcome, snapshot, event_id: eventId, used } = consumed;
    if (outcome === 'conflict') {
      throw new UsageKeyConflict(body.idempotency_key);
    }
    if (outcome === 'not_summed') {
      throw this.features.notSummed(body.feature);
    }
    const isTaken = outcome === 'allowed' || outcome === 'duplicate';
    const granted = snapshot.features[body.feature];
    if (granted !== undefined && used !== null) {
      granted.used = Number(used);
      await this.cache.addUsage([{ ...consumed, environment_id: environmentId }]);
    }
    const answer = check(snapshot, feature, isTaken ? 0 : body.quantity);
    return {
      ...answer,
      allowed: isTaken,
      // What is granted to whoever comes, nobody has who may not come.
      reason: isTaken ? null : outcome === 'customer_not_found' ? outcome : answer.reason,
      event_id: eventId,
    };
  }

  /** Under a spend cap, what it would cost is looked at first, while nobody else of the customer takes anything. */
  private async take(environmentId: string, wish: ConsumeWish): Promise<Consumed> {
    const consumed = await this.consumptions.consume(environmentId, wish);
    if (consumed.outcome !== 'spend_unchecked') {
      return consumed;
    }
    return this.database.tenant(environmentId, async () => {
      const snapshot = await this.consumptions.lockSpend(environmentId, wish.reference, wish.now);
      const asked = { feature: wish.feature, units: wish.quantity };
      return passedSpendCap(snapshot, asked) === undefined
        ? this.consumptions.consume(environmentId, wish)
        : { ...consumed, outcome: 'spend_cap', snapshot };
    });
  }
}

/** What makes two requests with the same key the same request. */
function fingerprintOf(body: ConsumeBody): Buffer {
  const properties = Object.entries(body.properties ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify([body.customer, body.feature, body.quantity, properties]), 'buffer');
}
