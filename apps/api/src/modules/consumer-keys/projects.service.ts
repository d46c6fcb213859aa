import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { violatedConstraint } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { FeaturesService } from '../catalog/features.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { ProjectNameTaken, ProjectNotFound, QuotaFeatureNotMetered } from './consumer-keys.errors.ts';
import { ConsumerKeysRepository } from './consumer-keys.repository.ts';
import type { createProject, listProjects, updateProject } from './consumer-keys.schemas.ts';
import { KnownKeys } from './known-keys.ts';
import { ProjectsRepository } from './projects.repository.ts';
import { columnsOf, rateLimitOf } from './rate-limit-columns.ts';

@Injectable()
export class ProjectsService {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectsRepository,
    private readonly keys: ConsumerKeysRepository,
    private readonly known: KnownKeys,
    private readonly customers: CustomersService,
    private readonly features: FeaturesService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Throws `CustomerNotFound` when one is named that does not exist. */
  list(environmentId: string, { customer, ...page }: z.output<typeof listProjects>) {
    return this.database.tenant(environmentId, async () => {
      const customerId =
        customer === undefined
          ? undefined
          : (await this.customers.get(environmentId, customer, 'customer')).id;
      const rows = await this.projects.list(environmentId, { ...page, customer_id: customerId });
      return rows.map(asProject);
    });
  }

  /** Throws `ProjectNotFound`, also for a project of another customer than the one that is named. */
  get(
    environmentId: string,
    id: string,
    { param, customerId }: { param?: string; customerId?: string } = {},
  ) {
    return this.database.tenant(environmentId, async () => {
      const row = await this.projects.find(environmentId, id);
      if (row === undefined || (customerId !== undefined && row.customer_id !== customerId)) {
        throw new ProjectNotFound(id, param);
      }
      return asProject(row);
    });
  }

  create(environmentId: string, wish: z.output<typeof createProject>) {
    return this.database.tenant(environmentId, async () => {
      const { customer: reference, name, quota_feature: feature, rate_limit: limit } = wish;
      const customer = await this.customers.get(environmentId, reference, 'customer');
      const now = this.clock.now();
      const id = newId('project');
      await this.projects
        .insert(environmentId, {
          id,
          customer_id: customer.id,
          name,
          quota_feature_id: await this.quotaFeature(environmentId, feature),
          ...columnsOf(limit),
          created_at: now,
          updated_at: now,
        })
        .catch(refuseTakenName(name));
      await this.audit.record(environmentId, {
        action: 'project.created',
        target: { type: 'project', id },
        after: { customer: customer.id, quota_feature: feature, rate_limit: limit },
      });
      return this.get(environmentId, id);
    });
  }

  /** Changes what the body names. Its keys are verified by it at once here, and within seconds elsewhere. */
  update(environmentId: string, id: string, change: z.output<typeof updateProject>) {
    return this.database.tenant(environmentId, async () => {
      const before = await this.get(environmentId, id);
      const { name, quota_feature: feature, rate_limit: limit } = change;
      await this.projects
        .update(environmentId, id, {
          ...(name === undefined ? {} : { name }),
          ...(feature === undefined
            ? {}
            : { quota_feature_id: await this.quotaFeature(environmentId, feature) }),
          ...(limit === undefined ? {} : columnsOf(limit)),
          updated_at: this.clock.now(),
        })
        .catch(refuseTakenName(name ?? before.name));
      const changed = await this.keys.bumpProject(environmentId, id);
      await this.audit.record(environmentId, {
        action: 'project.updated',
        target: { type: 'project', id },
        before: { quota_feature: before.quota_feature, rate_limit: before.rate_limit },
        after: change,
      });
      this.database.afterCommit(async () => {
        await Promise.all(
          changed.map(({ hash, version }) => this.known.changed(environmentId, hash, version)),
        );
      });
      return this.get(environmentId, id);
    });
  }

  private async quotaFeature(environmentId: string, reference: string | null): Promise<string | null> {
    if (reference === null) {
      return null;
    }
    const feature = await this.features.getFeature(environmentId, reference, 'quota_feature');
    if (feature.type !== 'metered') {
      throw new QuotaFeatureNotMetered(reference, 'quota_feature');
    }
    return feature.id;
  }
}

type ProjectRow = Awaited<ReturnType<ProjectsRepository['list']>>[number];

function asProject(row: ProjectRow) {
  return {
    ...row,
    customer: { id: row.customer_id, external_id: row.external_id },
    rate_limit: rateLimitOf(row.rate_limit, row.rate_window_seconds),
  };
}

function refuseTakenName(name: string) {
  return (error: unknown): never => {
    throw violatedConstraint(error) === 'projects_environment_id_customer_id_name_key'
      ? new ProjectNameTaken(name)
      : error;
  };
}
