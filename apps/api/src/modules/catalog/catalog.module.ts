import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { MerchantsModule } from '../merchants/merchants.module.ts';
import { CatalogController } from './catalog.controller.ts';
import { FeaturesRepository } from './features.repository.ts';
import { FeaturesService } from './features.service.ts';
import { PlansRepository } from './plans.repository.ts';
import { PlansService } from './plans.service.ts';
import { PricesRepository } from './prices.repository.ts';
import { SyncCatalog } from './sync-catalog.ts';

@Module({
  imports: [StripeModule, AuditModule, MerchantsModule],
  controllers: [CatalogController],
  providers: [
    FeaturesService,
    FeaturesRepository,
    PlansService,
    PlansRepository,
    PricesRepository,
    SyncCatalog,
  ],
  exports: [FeaturesService, PlansService, SyncCatalog],
})
export class CatalogModule {}
