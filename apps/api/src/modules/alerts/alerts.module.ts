import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { AlertsController } from './alerts.controller.ts';
import { AlertsRepository } from './alerts.repository.ts';
import { AlertsService } from './alerts.service.ts';
import { LeakedKeys } from './leaked-keys.ts';
import { NotificationsController } from './notifications.controller.ts';
import { NotificationsService } from './notifications.service.ts';

@Module({
  imports: [AuditModule],
  controllers: [AlertsController, NotificationsController],
  providers: [AlertsService, AlertsRepository, NotificationsService, LeakedKeys],
  exports: [AlertsService],
})
export class AlertsModule {}
