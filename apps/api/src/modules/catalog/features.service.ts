import { Injectable } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { violatedConstraint } from '../../platform/errors.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { newId } from '../../platform/ids.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { AuditService } from '../audit/audit.service.ts';
import {
  CreditCostNeedsMeter,
  FeatureNotFound,
  KeyTaken,
  MeterCostsCreditsAlready,
  MeterCountsOtherwise,
  MeterInUse,
  MeterNotFound,
  MeterOnlyForMeteredFeature,
  MeterPropertyMisplaced,
} from './catalog.errors.ts';
import { syncFeature, syncMeter } from './catalog.jobs.ts';
import type { createFeature, updateFeature } from './catalog.schemas.ts';
import { FeaturesRepository, type MeterTerms } from './features.repository.ts';
import { type createMeter, hasFittingProperty, type updateMeter } from './meter.schemas.ts';
import { isAbsolute } from './meter.ts';

/** What is said of the meter that is made with a feature. */
const meterTerms = ['aggregation', 'property', 'filters', 'group_by'] as const;

@Injectable()
export class FeaturesService {
  constructor(
    private readonly database: Database,
    private readonly features: FeaturesRepository,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  listMeters(environmentId: string, page: PageRequest) {
    return this.database.tenant(environmentId, () => this.features.listMeters(environmentId, page));
  }

  /** By its key. */
  findMeter(environmentId: string, meterKey: string) {
    return this.database.tenant(environmentId, () => this.features.findMeter(environmentId, meterKey));
  }

  /** By key or id. Throws `MeterNotFound`. */
  getMeter(environmentId: string, reference: string, param?: string) {
    return this.database.tenant(environmentId, async () => {
      const meter = await this.features.findMeter(environmentId, reference);
      if (meter === undefined) {
        throw new MeterNotFound(reference, param);
      }
      return meter;
    });
  }

  createMeter(environmentId: string, wish: z.output<typeof createMeter>) {
    return this.database.tenant(environmentId, async () => {
      const meter = await this.features
        .insertMeter(environmentId, { id: newId('meter'), ...wish, created_at: this.clock.now() })
        .catch((error: unknown) => {
          throw violatedConstraint(error) === 'meters_environment_id_key_key'
            ? new KeyTaken('meter', wish.key)
            : error;
        });
      await this.audit.record(environmentId, {
        action: 'meter.created',
        target: { type: 'meter', id: meter.id },
        after: wish,
      });
      await this.outbox.add(environmentId, syncMeter, { meter_id: meter.id, change_id: null });
      return meter;
    });
  }

  /**
   * Changes its name and how it is looked at; what it counts only until the first event came. Throws `MeterNotFound`,
   * `MeterInUse`, `MeterPropertyMisplaced`.
   */
  updateMeter(environmentId: string, reference: string, change: z.output<typeof updateMeter>) {
    return this.database.tenant(environmentId, async () => {
      const before = await this.features.lockMeter(environmentId, reference);
      if (before === undefined) {
        throw new MeterNotFound(reference, 'id');
      }
      const terms: MeterTerms = {
        name: change.name ?? before.name,
        aggregation: change.aggregation ?? before.aggregation,
        property: change.property === undefined ? before.property : change.property,
        filters: change.filters ?? before.filters,
        group_by: change.group_by ?? before.group_by,
      };
      if (!hasFittingProperty(terms)) {
        throw new MeterPropertyMisplaced();
      }
      const countsOtherwise =
        terms.aggregation !== before.aggregation ||
        terms.property !== before.property ||
        !isDeepStrictEqual(terms.filters, before.filters);
      if (countsOtherwise && (await this.features.hasEvents(environmentId, before.id))) {
        throw new MeterInUse(before.key, 'events');
      }
      if (before.stripe_meter_id !== null && isAbsolute(terms) !== isAbsolute(before)) {
        throw new MeterInUse(before.key, 'stripe');
      }
      const after = await this.features.updateMeter(environmentId, before.id, terms);
      await this.audit.record(environmentId, {
        action: 'meter.updated',
        target: { type: 'meter', id: before.id },
        before: {
          name: before.name,
          aggregation: before.aggregation,
          property: before.property,
          filters: before.filters,
          group_by: before.group_by,
        },
        after: terms,
      });
      await this.outbox.add(environmentId, syncMeter, { meter_id: before.id, change_id: newId('job') });
      return after;
    });
  }

  listFeatures(environmentId: string, page: PageRequest) {
    return this.database.tenant(environmentId, () => this.features.listFeatures(environmentId, page));
  }

  /** By key or id. Throws `FeatureNotFound`. */
  getFeature(environmentId: string, reference: string, param?: string) {
    return this.database.tenant(environmentId, async () => {
      const feature = await this.features.findFeature(environmentId, reference);
      if (feature === undefined) {
        throw new FeatureNotFound(reference, param);
      }
      return feature;
    });
  }

  /** Creates a feature; for a metered one that names no meter, the meter too, under the same key. */
  createFeature(environmentId: string, wish: z.output<typeof createFeature>) {
    return this.database.tenant(environmentId, async () => {
      const id = newId('feature');
      const { key, name, type } = wish;
      const meterId = await this.meterFor(environmentId, wish);
      await this.features
        .insertFeature(environmentId, {
          id,
          key,
          name,
          type,
          meter_id: meterId,
          credit_cost: wish.credit_cost === undefined ? null : String(wish.credit_cost),
          on_outage: wish.on_outage,
          created_at: this.clock.now(),
        })
        .catch((error: unknown) => {
          throw violatedConstraint(error) === 'features_environment_id_key_key'
            ? new KeyTaken('feature', key)
            : refuseSecondCost(error);
        });
      await this.audit.record(environmentId, {
        action: 'feature.created',
        target: { type: 'feature', id },
        after: wish,
      });
      await this.outbox.add(environmentId, syncFeature, { feature_id: id });
      return this.getFeature(environmentId, id);
    });
  }

  /**
   * Says what a unit beyond the limit costs of the credits, which checks follow within 10 seconds, and what they answer in
   * an outage, which each process knows within a minute. Throws `FeatureNotFound`, `CreditCostNeedsMeter`,
   * `MeterCostsCreditsAlready`.
   */
  updateFeature(environmentId: string, reference: string, change: z.output<typeof updateFeature>) {
    return this.database.tenant(environmentId, async () => {
      const before = await this.getFeature(environmentId, reference, 'id');
      if (change.credit_cost !== undefined) {
        await this.refuseUnfitCost(environmentId, before.meter, change.credit_cost);
      }
      const after = {
        credit_cost: change.credit_cost === undefined ? before.credit_cost : change.credit_cost,
        on_outage: change.on_outage ?? before.on_outage,
      };
      await this.features
        .updateFeature(environmentId, before.id, {
          ...after,
          credit_cost: after.credit_cost === null ? null : String(after.credit_cost),
        })
        .catch((error: unknown) => {
          throw refuseSecondCost(error);
        });
      await this.audit.record(environmentId, {
        action: 'feature.updated',
        target: { type: 'feature', id: before.id },
        before: { credit_cost: before.credit_cost, on_outage: before.on_outage },
        after,
      });
      return this.getFeature(environmentId, before.id);
    });
  }

  private async refuseUnfitCost(environmentId: string, meterKey: string | null, cost: number | null) {
    const meter = meterKey === null ? undefined : await this.features.findMeter(environmentId, meterKey);
    if (meter === undefined || (cost !== null && isAbsolute(meter))) {
      throw new CreditCostNeedsMeter();
    }
  }

  private async meterFor(
    environmentId: string,
    wish: z.output<typeof createFeature>,
  ): Promise<string | null> {
    if (wish.type !== 'metered') {
      if (wish.credit_cost !== undefined) {
        throw new CreditCostNeedsMeter();
      }
      const param = (['meter', ...meterTerms] as const).find((name) => wish[name] !== undefined);
      if (param !== undefined) {
        throw new MeterOnlyForMeteredFeature(param);
      }
      return null;
    }
    const meter =
      wish.meter === undefined
        ? await this.ownMeter(environmentId, wish)
        : await this.getMeter(environmentId, wish.meter);
    const param = meterTerms.find(
      (name) => wish[name] !== undefined && !isDeepStrictEqual(wish[name], meter[name]),
    );
    if (param !== undefined) {
      throw new MeterCountsOtherwise(meter.key, param);
    }
    if (wish.credit_cost !== undefined && isAbsolute(meter)) {
      throw new CreditCostNeedsMeter();
    }
    return meter.id;
  }

  /** The meter under the key of a feature, made if there is none. */
  private async ownMeter(environmentId: string, wish: z.output<typeof createFeature>) {
    const existing = await this.features.findMeter(environmentId, wish.key);
    return (
      existing ??
      this.createMeter(environmentId, {
        key: wish.key,
        name: wish.name,
        aggregation: wish.aggregation ?? 'sum',
        property: wish.property ?? null,
        filters: wish.filters ?? [],
        group_by: wish.group_by ?? [],
      })
    );
  }
}

/** Use of a meter burns credits once, whatever features it counts for. */
function refuseSecondCost(error: unknown): unknown {
  return violatedConstraint(error) === 'features_one_credit_cost' ? new MeterCostsCreditsAlready() : error;
}
