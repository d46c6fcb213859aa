import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom, pageQuery } from '../../platform/http/schemas.ts';
import { PlanNotFound } from '../catalog/catalog.errors.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { MigratePlan } from './migrate-plan.ts';
import {
  affectedSubscribers,
  migratePlan,
  migrationPreview,
  planMigration,
  planMigrationPage,
} from './plan-migrations.schemas.ts';
import { PlanMigrationNotFound } from './subscriptions.errors.ts';

type IdParam = z.output<typeof idParam>;

/** Moving subscribers to the newest version of their plan. */
@Controller()
export class PlanMigrationsController {
  constructor(private readonly migrations: MigratePlan) {}

  /** Who is on which version of a plan, and what they bring in a month. */
  @Get('plans/:id/affected')
  @Requires('subscriptions:read', { audience: 'dashboard' })
  @Returns(200, affectedSubscribers)
  @Refuses(PlanNotFound)
  getAffectedSubscribers(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
  ) {
    return this.migrations.affected(environmentId, id);
  }

  /** Says whom a migration would move, and what that changes in a month. Nothing changes. */
  @Post('plans/:id/preview-migration')
  @Requires('subscriptions:read', { audience: 'dashboard' })
  @Returns(200, migrationPreview)
  @Refuses(PlanNotFound, CustomerNotFound)
  previewPlanMigration(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Body({ schema: migratePlan }) body: z.output<typeof migratePlan>,
  ) {
    return this.migrations.preview(environmentId, id, body);
  }

  /** Moves subscribers to the newest version, one after the other. */
  @Post('plans/:id/migrations')
  @Requires('subscriptions:write', { audience: 'dashboard' })
  @Returns(201, planMigration)
  @Refuses(PlanNotFound, CustomerNotFound)
  startPlanMigration(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Body({ schema: migratePlan }) body: z.output<typeof migratePlan>,
  ) {
    return this.migrations.start(environmentId, id, body);
  }

  @Get('plans/:id/migrations')
  @Requires('subscriptions:read', { audience: 'dashboard' })
  @Returns(200, planMigrationPage)
  @Refuses(PlanNotFound)
  async listPlanMigrations(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Query({ schema: pageQuery }) query: z.output<typeof pageQuery>,
  ) {
    return pageFrom(await this.migrations.list(environmentId, id, query), query.limit);
  }

  @Get('plan-migrations/:id')
  @Requires('subscriptions:read', { audience: 'dashboard' })
  @Returns(200, planMigration)
  @Refuses(PlanMigrationNotFound)
  getPlanMigration(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.migrations.get(environmentId, id);
  }
}
