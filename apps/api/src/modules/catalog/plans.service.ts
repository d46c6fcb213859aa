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
import { KeyTaken, PlanIsAddOn, PlanNotFound } from './catalog.errors.ts';
import { syncPlan } from './catalog.jobs.ts';
import type { createPlan, plan, planVersion, updatePlan, writtenPlan } from './catalog.schemas.ts';
import { warningsOf } from './plan-warnings.ts';
import { PlanVersionsRepository } from './plan-versions.repository.ts';
import { type PlanRow, PlansRepository } from './plans.repository.ts';
import { shownPrice } from './price.ts';
import { type PriceRow, PricesRepository } from './prices.repository.ts';
import { WriteVersion } from './write-version.ts';

export type Plan = z.input<typeof plan>;
export type PlanVersion = z.input<typeof planVersion>;
export type WrittenPlan = z.input<typeof writtenPlan>;

@Injectable()
export class PlansService {
  constructor(
    private readonly database: Database,
    private readonly plans: PlansRepository,
    private readonly versions: PlanVersionsRepository,
    private readonly prices: PricesRepository,
    private readonly writeVersion: WriteVersion,
    private readonly audit: AuditService,
    private readonly onboarding: OnboardingService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  list(
    environmentId: string,
    page: PageRequest & { type?: 'base' | 'add_on'; archived: boolean },
  ): Promise<Plan[]> {
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

  /** An add-on by key or id. Throws `PlanNotFound`. */
  async getAddOn(environmentId: string, reference: string, param?: string): Promise<Plan> {
    const found = await this.get(environmentId, reference, param);
    if (found.type !== 'add_on') {
      throw new PlanNotFound(reference, param);
    }
    return found;
  }

  /** With what is allowed in it, but seldom meant. Throws `PlanNotFound`. */
  async getWritten(environmentId: string, reference: string): Promise<WrittenPlan> {
    const found = await this.get(environmentId, reference);
    return { ...found, warnings: warningsOf(found.prices, found.features) };
  }

  /** What was sold, the newest first. Throws `PlanNotFound`. */
  listVersions(environmentId: string, reference: string, page: PageRequest): Promise<PlanVersion[]> {
    return this.database.tenant(environmentId, async () => {
      const { id } = await this.get(environmentId, reference, 'id');
      const versions = await this.versions.list(environmentId, id, page);
      const prices = await this.prices.ofVersions(
        environmentId,
        versions.map((version) => version.id),
      );
      const features = await this.versions.features(
        environmentId,
        versions.map((version) => version.id),
      );
      const credits = await this.versions.credits(
        environmentId,
        versions.map((version) => version.id),
      );
      return versions.map((version) => ({ ...version, ...termsIn(version.id, prices, features, credits) }));
    });
  }

  /** What a version costs and grants, as it is shown. In the open transaction. */
  async termsOf(environmentId: string, versionId: string) {
    return termsIn(
      versionId,
      await this.prices.ofVersions(environmentId, [versionId]),
      await this.versions.features(environmentId, [versionId]),
      await this.versions.credits(environmentId, [versionId]),
    );
  }

  /** A version that was sold, with what it grants. Undefined when there is none. */
  async findVersion(environmentId: string, versionId: string) {
    const version = await this.versions.find(environmentId, versionId);
    return version === undefined
      ? undefined
      : {
          ...version,
          prices: await this.prices.ofVersions(environmentId, [versionId]),
          features: await this.versions.features(environmentId, [versionId]),
          credits: (await this.versions.credits(environmentId, [versionId]))[0] ?? null,
        };
  }

  /** Prices of any plan and version, by our ids or by Stripe's, with whose they are. Unknown ids are left out. */
  findPrices(environmentId: string, by: { ids: string[] } | { stripe_ids: string[] }) {
    return this.database.tenant(environmentId, () => this.prices.find(environmentId, by));
  }

  /** The prices of a version as one customer gets them: their own in place of those they `replaces`. */
  pricesFor(environmentId: string, versionId: string, customerId: string): Promise<PriceRow[]> {
    return this.database.tenant(environmentId, async () => {
      const prices = await this.prices.ofVersions(environmentId, [versionId]);
      const own = await this.prices.ofCustomer(environmentId, customerId, versionId);
      return prices.map((price) => own.find(({ replaces }) => replaces === price.id) ?? price);
    });
  }

  /** Publishes a plan in its first version, with its prices and what it grants; a job puts it on Stripe. */
  create(
    environmentId: string,
    wish: z.output<typeof createPlan> & { type: 'base' | 'add_on' },
  ): Promise<WrittenPlan> {
    return this.database.tenant(environmentId, async () => {
      const now = this.clock.now();
      const id = newId('plan');
      const versionId = newId('plan_version');
      const { prices, features, credits, trial, spend_cap: spendCap, ...fields } = wish;
      await this.plans.insert(environmentId, { id, ...fields, created_at: now }).catch((error: unknown) => {
        throw violatedConstraint(error) === 'plans_environment_id_key_key'
          ? new KeyTaken('plan', wish.key)
          : error;
      });
      await this.versions.insert(environmentId, {
        id: versionId,
        plan_id: id,
        number: 1,
        created_at: now,
        published_at: now,
        trial,
        spend_cap: spendCap,
      });
      await this.writeVersion.write(
        environmentId,
        versionId,
        { prices, features, credits, trial, spend_cap: spendCap },
        now,
      );
      await this.audit.record(environmentId, {
        action: 'plan.created',
        target: { type: 'plan', id },
        after: wish,
      });
      if (wish.type === 'base') {
        await this.onboarding.complete(environmentId, 'create_plan');
      }
      if (prices.length > 0) {
        await this.outbox.add(environmentId, syncPlan, { plan_id: id, change_id: versionId });
      }
      return this.getWritten(environmentId, id);
    });
  }

  /** Changes what a plan is called and where it stands; a job tells Stripe. Throws `PlanNotFound`. */
  update(environmentId: string, reference: string, change: z.output<typeof updatePlan>): Promise<Plan> {
    return this.changeRow(environmentId, reference, 'plan.updated', {
      ...(change.name === undefined ? {} : { name: change.name }),
      ...(change.description === undefined ? {} : { description: change.description }),
      ...(change.rank === undefined ? {} : { rank: change.rank }),
    });
  }

  /** Ends the sale of a plan; whoever is on it stays. Throws `PlanNotFound`. */
  archive(environmentId: string, reference: string): Promise<Plan> {
    return this.changeRow(environmentId, reference, 'plan.archived', { archived_at: this.clock.now() });
  }

  /** Sells an archived plan again. Throws `PlanNotFound`. */
  unarchive(environmentId: string, reference: string): Promise<Plan> {
    return this.changeRow(environmentId, reference, 'plan.unarchived', { archived_at: null });
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
      if (chosen?.type === 'add_on') {
        throw new PlanIsAddOn(chosen.key);
      }
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

  private changeRow(
    environmentId: string,
    reference: string,
    action: string,
    change: { name?: string; description?: string | null; rank?: number; archived_at?: Date | null },
  ): Promise<Plan> {
    return this.database.tenant(environmentId, async () => {
      const before = await this.plans.lock(environmentId, reference);
      if (before === undefined) {
        throw new PlanNotFound(reference, 'id');
      }
      if (Object.keys(change).length > 0) {
        await this.plans.update(environmentId, before.id, change);
      }
      await this.audit.record(environmentId, {
        action,
        target: { type: 'plan', id: before.id },
        before: Object.fromEntries(Object.keys(change).map((field) => [field, Reflect.get(before, field)])),
        after: change,
      });
      await this.outbox.add(environmentId, syncPlan, { plan_id: before.id, change_id: newId('job') });
      return this.get(environmentId, before.id);
    });
  }

  private async complete(environmentId: string, rows: PlanRow[]): Promise<Plan[]> {
    const versionIds = rows.map((row) => row.version_id);
    const prices = await this.prices.ofVersions(environmentId, versionIds);
    const features = await this.versions.features(environmentId, versionIds);
    const credits = await this.versions.credits(environmentId, versionIds);
    return rows.map((row) => ({
      ...row,
      version: {
        id: row.version_id,
        number: row.version_number,
        published_at: row.published_at,
        trial: row.trial,
        spend_cap: row.spend_cap,
      },
      ...termsIn(row.version_id, prices, features, credits),
    }));
  }
}

function termsIn(
  versionId: string,
  prices: Awaited<ReturnType<PricesRepository['ofVersions']>>,
  features: Awaited<ReturnType<PlanVersionsRepository['features']>>,
  credits: Awaited<ReturnType<PlanVersionsRepository['credits']>>,
): Pick<Plan, 'prices' | 'features' | 'credits'> {
  return {
    credits: credits.find((terms) => terms.plan_version_id === versionId) ?? null,
    prices: prices.filter((price) => price.plan_version_id === versionId).map(shownPrice),
    features: features
      .filter((feature) => feature.plan_version_id === versionId)
      .map((feature) => ({ ...feature, limit: feature.limit === null ? null : Number(feature.limit) })),
  };
}
