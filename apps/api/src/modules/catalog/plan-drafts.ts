import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { AuditService } from '../audit/audit.service.ts';
import { DraftNotFound, PlanNotFound } from './catalog.errors.ts';
import { syncPlan } from './catalog.jobs.ts';
import type { planDraft } from './catalog.schemas.ts';
import { warningsOf } from './plan-warnings.ts';
import { PlanVersionsRepository } from './plan-versions.repository.ts';
import { PlansRepository } from './plans.repository.ts';
import { PlansService, type WrittenPlan } from './plans.service.ts';
import { type VersionTerms, WriteVersion } from './write-version.ts';

export type PlanDraft = z.input<typeof planDraft>;

/** The next version of a plan while it is being written: at most one, and nobody's until it is published. */
@Injectable()
export class PlanDrafts {
  constructor(
    private readonly database: Database,
    private readonly plans: PlansRepository,
    private readonly versions: PlanVersionsRepository,
    private readonly service: PlansService,
    private readonly writeVersion: WriteVersion,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** Throws `PlanNotFound`, `DraftNotFound`. */
  get(environmentId: string, reference: string): Promise<PlanDraft> {
    return this.database.tenant(environmentId, async () => {
      const plan = await this.service.get(environmentId, reference, 'id');
      const draft = await this.versions.findDraft(environmentId, plan.id);
      if (draft === undefined) {
        throw new DraftNotFound(plan.key);
      }
      const { prices, features, credits } = await this.service.termsOf(environmentId, draft.id);
      return {
        plan: { id: plan.id, key: plan.key, name: plan.name },
        version: draft,
        prices,
        features,
        credits,
        warnings: warningsOf(prices, features),
      };
    });
  }

  /** Makes this the draft, in place of one there may be. Throws `PlanNotFound` or a refusal about the terms. */
  put(environmentId: string, reference: string, terms: VersionTerms): Promise<PlanDraft> {
    return this.database.tenant(environmentId, async () => {
      const plan = await this.lock(environmentId, reference);
      const now = this.clock.now();
      const existing = await this.versions.findDraft(environmentId, plan.id);
      if (existing !== undefined) {
        await this.versions.deleteDraft(environmentId, plan.id);
      }
      const id = newId('plan_version');
      await this.versions.insert(environmentId, {
        id,
        plan_id: plan.id,
        number: existing?.number ?? (await this.versions.lastNumber(environmentId, plan.id)) + 1,
        created_at: now,
        published_at: null,
        trial: terms.trial,
        spend_cap: terms.spend_cap,
      });
      await this.writeVersion.write(environmentId, id, terms, now);
      await this.audit.record(environmentId, {
        action: 'plan_draft.saved',
        target: { type: 'plan', id: plan.id },
        after: terms,
      });
      return this.get(environmentId, plan.id);
    });
  }

  /** Throws away the draft. Throws `PlanNotFound`, `DraftNotFound`. */
  discard(environmentId: string, reference: string): Promise<PlanDraft> {
    return this.database.tenant(environmentId, async () => {
      const plan = await this.lock(environmentId, reference);
      const draft = await this.get(environmentId, plan.id);
      await this.versions.deleteDraft(environmentId, plan.id);
      await this.audit.record(environmentId, {
        action: 'plan_draft.discarded',
        target: { type: 'plan', id: plan.id },
      });
      return draft;
    });
  }

  /**
   * Makes the draft the version that is sold from now on; whoever is on another stays on it. A job puts its prices on
   * Stripe. Throws `PlanNotFound`, `DraftNotFound`.
   */
  publish(environmentId: string, reference: string): Promise<WrittenPlan> {
    return this.database.tenant(environmentId, async () => {
      const plan = await this.lock(environmentId, reference);
      const draft = await this.versions.findDraft(environmentId, plan.id);
      if (draft === undefined) {
        throw new DraftNotFound(plan.key);
      }
      await this.versions.publish(environmentId, draft.id, this.clock.now());
      await this.audit.record(environmentId, {
        action: 'plan.published',
        target: { type: 'plan', id: plan.id },
        after: { version: draft.number },
      });
      await this.outbox.add(environmentId, syncPlan, { plan_id: plan.id, change_id: draft.id });
      return this.service.getWritten(environmentId, plan.id);
    });
  }

  /** One draft, one next number: whoever writes the versions of a plan waits for the other. */
  private async lock(environmentId: string, reference: string) {
    const plan = await this.plans.lock(environmentId, reference);
    if (plan === undefined) {
      throw new PlanNotFound(reference, 'id');
    }
    return plan;
  }
}
