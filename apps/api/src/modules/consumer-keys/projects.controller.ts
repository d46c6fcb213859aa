import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom } from '../../platform/http/schemas.ts';
import { FeatureNotFound } from '../catalog/catalog.errors.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { ProjectNameTaken, ProjectNotFound, QuotaFeatureNotMetered } from './consumer-keys.errors.ts';
import { createProject, listProjects, project, projectPage, updateProject } from './consumer-keys.schemas.ts';
import { ProjectsService } from './projects.service.ts';

@Controller('projects')
export class ProjectsController {
  constructor(private readonly projects: ProjectsService) {}

  @Get()
  @Requires('consumer_keys:read')
  @Returns(200, projectPage)
  @Refuses(CustomerNotFound)
  async listProjects(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listProjects }) query: z.output<typeof listProjects>,
  ) {
    return pageFrom(await this.projects.list(environmentId, query), query.limit);
  }

  @Post()
  @Requires('consumer_keys:write')
  @Returns(201, project)
  @Refuses(CustomerNotFound, FeatureNotFound, QuotaFeatureNotMetered, ProjectNameTaken)
  createProject(
    @EnvironmentId() environmentId: string,
    @Body({ schema: createProject }) body: z.output<typeof createProject>,
  ) {
    return this.projects.create(environmentId, body);
  }

  @Get(':id')
  @Requires('consumer_keys:read')
  @Returns(200, project)
  @Refuses(ProjectNotFound)
  getProject(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.projects.get(environmentId, id);
  }

  /** Changes the fields that the body names, and no others. */
  @Patch(':id')
  @Requires('consumer_keys:write')
  @Returns(200, project)
  @Refuses(ProjectNotFound, FeatureNotFound, QuotaFeatureNotMetered, ProjectNameTaken)
  updateProject(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: updateProject }) body: z.output<typeof updateProject>,
  ) {
    return this.projects.update(environmentId, id, body);
  }
}
