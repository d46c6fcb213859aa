import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { MailModule } from '../mail/mail.module.ts';
import { MerchantsModule } from '../merchants/merchants.module.ts';
import { AlertsController } from './alerts.controller.ts';
import { AlertsRepository } from './alerts.repository.ts';
import { AlertsService } from './alerts.service.ts';
import { LeakedKeys } from './leaked-keys.ts';
import { NotificationsController } from './notifications.controller.ts';
import { NotificationsService } from './notifications.service.ts';
import { TellAlert } from './tell-alert.ts';

@Module({
  imports: [AuditModule, MerchantsModule, MailModule],
  controllers: [AlertsController, NotificationsController],
  providers: [AlertsService, AlertsRepository, NotificationsService, TellAlert, LeakedKeys],
  exports: [AlertsService],
})
export class AlertsModule {}
