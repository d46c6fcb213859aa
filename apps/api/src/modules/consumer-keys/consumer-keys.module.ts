import { Module } from '@nestjs/common';
import { AlertsModule } from '../alerts/alerts.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CatalogModule } from '../catalog/catalog.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { EntitlementsModule } from '../entitlements/entitlements.module.ts';
import { MailModule } from '../mail/mail.module.ts';
import { ConsumerKeysController } from './consumer-keys.controller.ts';
import { ConsumerKeysRepository } from './consumer-keys.repository.ts';
import { ConsumerKeysService } from './consumer-keys.service.ts';
import { KnownKeys } from './known-keys.ts';
import { ProjectsController } from './projects.controller.ts';
import { ProjectsRepository } from './projects.repository.ts';
import { ProjectsService } from './projects.service.ts';
import { QuotaWatch } from './quota-watch.ts';
import { RotateKey } from './rotate-key.ts';
import { VerifyKey } from './verify-key.ts';

@Module({
  imports: [AuditModule, AlertsModule, MailModule, CatalogModule, CustomersModule, EntitlementsModule],
  controllers: [ConsumerKeysController, ProjectsController],
  providers: [
    ConsumerKeysService,
    ConsumerKeysRepository,
    ProjectsService,
    ProjectsRepository,
    KnownKeys,
    QuotaWatch,
    RotateKey,
    VerifyKey,
  ],
  exports: [ConsumerKeysService, ProjectsService, KnownKeys],
})
export class ConsumerKeysModule {}
