import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { idLike, newId } from '../../platform/ids.ts';
import { plainReference } from '../customers/customer-reference.ts';
import { check } from './check.ts';
import { ConsumeRepository, type Reserved, type ReserveWish, type Settled } from './consume.repository.ts';
import type { Reservation, ReserveBody, SettledReservation } from './consume.schemas.ts';
import { EntitlementStreams } from './entitlement-streams.ts';
import { ReservationNotFound, ReservationSettled, ReservationTooSmall } from './entitlements.errors.ts';
import { MeteredFeatures } from './metered-features.ts';
import { cacheKeyOf } from './snapshot.ts';
import { passedSpendCap } from './spend.ts';
import { SnapshotCache } from './snapshot-cache.ts';

/** Holds units for work that is under way, until it is known how many it took. */
@Injectable()
export class ReserveUsage {
  constructor(
    private readonly database: Database,
    private readonly features: MeteredFeatures,
    private readonly reservations: ConsumeRepository,
    private readonly cache: SnapshotCache,
    private readonly streams: EntitlementStreams,
    private readonly clock: Clock,
  ) {}

  /** A denial is an answer, with nothing held. Throws `FeatureNotFound`, `FeatureNotMetered`, `MeterNotSummed`. */
  async reserve(environmentId: string, body: ReserveBody): Promise<Reservation> {
    const feature = await this.features.get(environmentId, body.feature);
    const now = this.clock.now();
    const id = newId('reservation');
    const expiresAt = new Date(now.getTime() + body.ttl_seconds * 1_000);
    const { outcome, snapshot, version } = await this.hold(environmentId, {
      id,
      new_customer_id: idLike(id, 'customer'),
      reference: plainReference(body.customer),
      feature: body.feature,
      quantity: body.quantity,
      expires_at: expiresAt,
      now,
    });
    if (outcome === 'not_summed') {
      throw this.features.notSummed(body.feature);
    }
    const isHeld = outcome === 'allowed';
    const granted = snapshot.features[body.feature];
    if (isHeld && granted !== undefined && snapshot.customer_id !== null && version !== null) {
      granted.held += body.quantity;
      const { customer_id: customerId, external_id: externalId } = snapshot;
      await this.changed(environmentId, cacheKeyOf({ id: customerId, external_id: externalId }), version);
    }
    const answer = check(snapshot, feature, isHeld ? 0 : body.quantity);
    return {
      ...answer,
      allowed: isHeld,
      // What is granted to whoever comes, nobody has who may not come.
      reason: isHeld ? null : outcome === 'customer_not_found' ? outcome : answer.reason,
      reservation_id: isHeld ? id : null,
      expires_at: isHeld ? expiresAt : null,
    };
  }

  /**
   * Uses `quantity` of what is held and gives the rest back. Throws `ReservationNotFound`, `ReservationTooSmall`, and
   * `ReservationSettled` when it was settled otherwise or its time is over.
   */
  async confirm(environmentId: string, id: string, quantity: number): Promise<SettledReservation> {
    const { event_id: eventId } = await this.settle(environmentId, id, quantity);
    return { id, state: 'confirmed', quantity, event_id: eventId };
  }

  /** Gives back all that is held. Throws `ReservationNotFound`, and `ReservationSettled` for one that was confirmed. */
  async release(environmentId: string, id: string): Promise<SettledReservation> {
    await this.settle(environmentId, id, null);
    return { id, state: 'released', quantity: 0, event_id: null };
  }

  /** Under a spend cap, what it would cost is looked at first, while nobody else of the customer takes anything. */
  private async hold(environmentId: string, wish: ReserveWish): Promise<Reserved> {
    const reserved = await this.reservations.reserve(environmentId, wish);
    if (reserved.outcome !== 'spend_unchecked') {
      return reserved;
    }
    return this.database.tenant(environmentId, async () => {
      const snapshot = await this.reservations.lockSpend(environmentId, wish.reference, wish.now);
      const asked = { feature: wish.feature, units: wish.quantity };
      return passedSpendCap(snapshot, asked) === undefined
        ? this.reservations.reserve(environmentId, wish)
        : { ...reserved, outcome: 'spend_cap', snapshot };
    });
  }

  private async settle(environmentId: string, id: string, quantity: number | null): Promise<Settled> {
    const eventId = newId('usage_event');
    const settled = await this.reservations.settle(
      environmentId,
      id,
      quantity,
      {
        event_id: eventId,
        new_customer_id: idLike(eventId, 'customer'),
        forward_id: idLike(eventId, 'usage_forward'),
      },
      this.clock.now(),
    );
    switch (settled.outcome) {
      case 'not_found':
        throw new ReservationNotFound(id);
      case 'too_many':
        throw new ReservationTooSmall(id);
      case 'other':
      case 'expired':
        throw new ReservationSettled(id);
      case 'repeated':
        return settled;
      case 'settled':
        if (settled.cache_key !== null && settled.version !== null) {
          await this.cache.addUsage([{ ...settled, environment_id: environmentId }]);
          await this.changed(environmentId, settled.cache_key, settled.version);
        }
        return settled;
    }
  }

  /** What is held is part of the snapshot; an Idempotency-Key makes the request part of a transaction. */
  private async changed(environmentId: string, cacheKey: string, version: number): Promise<void> {
    const forget = async (): Promise<void> => {
      await this.cache.invalidate(environmentId, cacheKey, version);
      await this.streams.changed(environmentId, cacheKey);
    };
    if (this.database.isTransactionOpen) {
      this.database.afterCommit(forget);
    } else {
      await forget();
    }
  }
}
