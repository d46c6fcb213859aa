import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { violatedConstraint } from '../../platform/errors.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { newId } from '../../platform/ids.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { AuditService } from '../audit/audit.service.ts';
import { OnboardingService } from '../merchants/onboarding.service.ts';
import { KeyTaken, PlanNotFound } from './catalog.errors.ts';
import { syncPlan } from './catalog.jobs.ts';
import type { createPlan, plan } from './catalog.schemas.ts';
import { FeaturesRepository } from './features.repository.ts';
import { grantsOf } from './plan.ts';
import { type PlanRow, PlansRepository } from './plans.repository.ts';
import { pricesOf, shownPrice } from './price.ts';
import { PricesRepository } from './prices.repository.ts';

export type Plan = z.input<typeof plan>;

@Injectable()
export class PlansService {
  constructor(
    private readonly database: Database,
    private readonly plans: PlansRepository,
    private readonly prices: PricesRepository,
    private readonly features: FeaturesRepository,
    private readonly audit: AuditService,
    private readonly onboarding: OnboardingService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  list(environmentId: string, page: PageRequest): Promise<Plan[]> {
    return this.database.tenant(environmentId, async () => {
      return this.complete(environmentId, await this.plans.list(environmentId, page));
    });
  }

  /** By key or id, in its newest version. Throws `PlanNotFound`. */
  get(environmentId: string, reference: string, param?: string): Promise<Plan> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.plans.find(environmentId, reference);
      const [found] = row === undefined ? [] : await this.complete(environmentId, [row]);
      if (found === undefined) {
        throw new PlanNotFound(reference, param);
      }
      return found;
    });
  }

  /** A version that was sold, with what it grants. Undefined when there is none. */
  async findVersion(environmentId: string, versionId: string) {
    const version = await this.plans.findVersion(environmentId, versionId);
    return version === undefined
      ? undefined
      : {
          ...version,
          prices: await this.prices.ofVersions(environmentId, [versionId]),
          features: await this.plans.features(environmentId, [versionId]),
        };
  }

  /** Prices of any plan and version, by our ids or by Stripe's, with whose they are. Unknown ids are left out. */
  findPrices(environmentId: string, by: { ids: string[] } | { stripe_ids: string[] }) {
    return this.database.tenant(environmentId, () => this.prices.find(environmentId, by));
  }

  /** Publishes a plan in its first version, with its prices and what it grants; a job puts it on Stripe. */
  create(environmentId: string, wish: z.output<typeof createPlan>): Promise<Plan> {
    return this.database.tenant(environmentId, async () => {
      const now = this.clock.now();
      const id = newId('plan');
      const { prices: wishedPrices, features, trial, ...fields } = wish;
      const known = await this.features.findFeatures(environmentId, [
        ...features.map(({ feature }) => feature),
        ...wishedPrices.flatMap(({ feature }) => feature ?? []),
      ]);
      const grants = grantsOf(features, known);
      const prices = pricesOf(wishedPrices, known);
      await this.plans.insert(environmentId, { id, ...fields, created_at: now }).catch((error: unknown) => {
        throw violatedConstraint(error) === 'plans_environment_id_key_key'
          ? new KeyTaken('plan', wish.key)
          : error;
      });
      const versionId = newId('plan_version');
      await this.plans.insertVersion(environmentId, {
        id: versionId,
        plan_id: id,
        number: 1,
        created_at: now,
        published_at: now,
        trial,
      });
      await this.prices.insert(
        environmentId,
        prices.map((price) => ({ id: newId('price'), plan_version_id: versionId, ...price })),
        now,
      );
      await this.plans.insertFeatures(environmentId, versionId, grants);
      await this.audit.record(environmentId, {
        action: 'plan.created',
        target: { type: 'plan', id },
        after: wish,
      });
      await this.onboarding.complete(environmentId, 'create_plan');
      if (prices.length > 0) {
        await this.outbox.add(environmentId, syncPlan, { plan_id: id });
      }
      return this.get(environmentId, id);
    });
  }

  /** The plan of customers without a subscription, if there is one. */
  getDefault(environmentId: string): Promise<{ plan: Plan | null }> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.plans.findDefault(environmentId);
      const id = row?.default_plan_id ?? null;
      return { plan: id === null ? null : await this.get(environmentId, id) };
    });
  }

  setDefault(environmentId: string, reference: string | null): Promise<{ plan: Plan | null }> {
    return this.database.tenant(environmentId, async () => {
      const before = await this.getDefault(environmentId);
      const chosen = reference === null ? null : await this.get(environmentId, reference);
      await this.plans.setDefault(environmentId, chosen?.id ?? null);
      await this.audit.record(environmentId, {
        action: 'default_plan.changed',
        target: { type: 'environment', id: environmentId },
        before: { plan: before.plan?.key ?? null },
        after: { plan: chosen?.key ?? null },
      });
      return { plan: chosen };
    });
  }

  private async complete(environmentId: string, rows: PlanRow[]): Promise<Plan[]> {
    const versionIds = rows.map((row) => row.version_id);
    const prices = await this.prices.ofVersions(environmentId, versionIds);
    const features = await this.plans.features(environmentId, versionIds);
    return rows.map((row) => ({
      ...row,
      version: {
        id: row.version_id,
        number: row.version_number,
        published_at: row.published_at,
        trial: row.trial,
      },
      prices: prices.filter((price) => price.plan_version_id === row.version_id).map(shownPrice),
      features: features
        .filter((feature) => feature.plan_version_id === row.version_id)
        .map((feature) => ({ ...feature, limit: feature.limit === null ? null : Number(feature.limit) })),
    }));
  }
}
