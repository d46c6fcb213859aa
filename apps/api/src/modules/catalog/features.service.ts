import { Injectable } from '@nestjs/common';
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
  MeterNotFound,
  MeterOnlyForMeteredFeature,
} from './catalog.errors.ts';
import { syncFeature, syncMeter } from './catalog.jobs.ts';
import type { createFeature, createMeter } from './catalog.schemas.ts';
import { FeaturesRepository } from './features.repository.ts';

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
      await this.outbox.add(environmentId, syncMeter, { meter_id: meter.id });
      return meter;
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
   * Says what a unit beyond the limit costs of the credits. Checks follow within 10 seconds. Throws `FeatureNotFound`,
   * `CreditCostNeedsMeter`, `MeterCostsCreditsAlready`.
   */
  setCreditCost(environmentId: string, reference: string, cost: number | null) {
    return this.database.tenant(environmentId, async () => {
      const before = await this.getFeature(environmentId, reference, 'id');
      if (before.type !== 'metered') {
        throw new CreditCostNeedsMeter();
      }
      await this.features
        .setCreditCost(environmentId, before.id, cost === null ? null : String(cost))
        .catch((error: unknown) => {
          throw refuseSecondCost(error);
        });
      await this.audit.record(environmentId, {
        action: 'feature.updated',
        target: { type: 'feature', id: before.id },
        before: { credit_cost: before.credit_cost },
        after: { credit_cost: cost },
      });
      return this.getFeature(environmentId, before.id);
    });
  }

  private async meterFor(
    environmentId: string,
    wish: z.output<typeof createFeature>,
  ): Promise<string | null> {
    if (wish.type !== 'metered') {
      if (wish.credit_cost !== undefined) {
        throw new CreditCostNeedsMeter();
      }
      if (wish.meter !== undefined || wish.aggregation !== undefined) {
        throw new MeterOnlyForMeteredFeature(wish.meter === undefined ? 'aggregation' : 'meter');
      }
      return null;
    }
    if (wish.meter !== undefined) {
      return (await this.getMeter(environmentId, wish.meter)).id;
    }
    const existing = await this.features.findMeter(environmentId, wish.key);
    const meter =
      existing ??
      (await this.createMeter(environmentId, {
        key: wish.key,
        name: wish.name,
        aggregation: wish.aggregation ?? 'sum',
      }));
    return meter.id;
  }
}

/** Use of a meter burns credits once, whatever features it counts for. */
function refuseSecondCost(error: unknown): unknown {
  return violatedConstraint(error) === 'features_one_credit_cost' ? new MeterCostsCreditsAlready() : error;
}
