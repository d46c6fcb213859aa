import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom } from '../../platform/http/schemas.ts';
import { AlertNotFound } from './alerts.errors.ts';
import { alert, alertPage, alertsSummary, listAlerts } from './alerts.schemas.ts';
import { AlertsService } from './alerts.service.ts';

@Controller('alerts')
export class AlertsController {
  constructor(private readonly alerts: AlertsService) {}

  /** Lists alerts, the newest first. */
  @Get()
  @Requires('alerts:read', { audience: 'dashboard' })
  @Returns(200, alertPage)
  async listAlerts(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listAlerts }) query: z.output<typeof listAlerts>,
  ) {
    return pageFrom(await this.alerts.list(environmentId, query), query.limit);
  }

  @Get('summary')
  @Requires('alerts:read', { audience: 'dashboard' })
  @Returns(200, alertsSummary)
  getAlertsSummary(@EnvironmentId() environmentId: string) {
    return this.alerts.summary(environmentId);
  }

  @Post(':id/read')
  @Requires('alerts:write', { audience: 'dashboard' })
  @Returns(200, alert)
  @Refuses(AlertNotFound)
  readAlert(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.alerts.markRead(environmentId, id);
  }

  /** Says that it is dealt with. Should the cause last, it is raised anew. */
  @Post(':id/resolve')
  @Requires('alerts:write', { audience: 'dashboard' })
  @Returns(200, alert)
  @Refuses(AlertNotFound)
  resolveAlert(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.alerts.markResolved(environmentId, id);
  }
}
