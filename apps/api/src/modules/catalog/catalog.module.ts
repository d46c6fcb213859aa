import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { MerchantsModule } from '../merchants/merchants.module.ts';
import { AdoptCatalog } from './adopt-catalog.ts';
import { CatalogController } from './catalog.controller.ts';
import { CatalogIntents } from './catalog-intents.ts';
import { CatalogLinksRepository } from './catalog-links.repository.ts';
import { CouponsController } from './coupons.controller.ts';
import { CouponsRepository } from './coupons.repository.ts';
import { CouponsService } from './coupons.service.ts';
import { CustomerPricesController } from './customer-prices.controller.ts';
import { CustomerPricesService } from './customer-prices.service.ts';
import { FeaturesRepository } from './features.repository.ts';
import { FeaturesService } from './features.service.ts';
import { PlanDrafts } from './plan-drafts.ts';
import { PlanVersionsRepository } from './plan-versions.repository.ts';
import { PlansController } from './plans.controller.ts';
import { PlansRepository } from './plans.repository.ts';
import { PlansService } from './plans.service.ts';
import { PricesRepository } from './prices.repository.ts';
import { ResyncCatalog } from './resync-catalog.ts';
import { SyncCatalog } from './sync-catalog.ts';
import { WriteVersion } from './write-version.ts';

const repositories = [
  FeaturesRepository,
  PlansRepository,
  PlanVersionsRepository,
  PricesRepository,
  CouponsRepository,
  CatalogLinksRepository,
];

@Module({
  imports: [StripeModule, AuditModule, CustomersModule, MerchantsModule],
  controllers: [CatalogController, PlansController, CouponsController, CustomerPricesController],
  providers: [
    ...repositories,
    FeaturesService,
    PlansService,
    PlanDrafts,
    WriteVersion,
    CouponsService,
    CustomerPricesService,
    CatalogIntents,
    AdoptCatalog,
    SyncCatalog,
    ResyncCatalog,
  ],
  exports: [AdoptCatalog, FeaturesService, PlansService, CouponsService, SyncCatalog, ResyncCatalog],
})
export class CatalogModule {}
