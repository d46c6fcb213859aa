import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.ts';
import { MerchantsModule } from '../merchants/merchants.module.ts';
import { UsageModule } from '../usage/usage.module.ts';
import { CheckEntitlement } from './check-entitlement.ts';
import { ConsumeRepository } from './consume.repository.ts';
import { ConsumeUsage } from './consume-usage.ts';
import { EntitlementStreams } from './entitlement-streams.ts';
import { EntitlementsController } from './entitlements.controller.ts';
import { EntitlementsRepository } from './entitlements.repository.ts';
import { EntitlementsService } from './entitlements.service.ts';
import { FollowedUsage } from './followed-usage.ts';
import { MeteredFeatures } from './metered-features.ts';
import { ReserveUsage } from './reserve-usage.ts';
import { SnapshotCache } from './snapshot-cache.ts';
import { SnapshotLoader } from './snapshot-loader.ts';
import { UnsyncedCustomers } from './unsynced-customers.ts';

@Module({
  imports: [MerchantsModule, CustomersModule, UsageModule],
  controllers: [EntitlementsController],
  providers: [
    EntitlementsService,
    EntitlementsRepository,
    CheckEntitlement,
    ConsumeUsage,
    ReserveUsage,
    ConsumeRepository,
    MeteredFeatures,
    EntitlementStreams,
    FollowedUsage,
    SnapshotCache,
    SnapshotLoader,
    UnsyncedCustomers,
  ],
  exports: [EntitlementsService, CheckEntitlement, ConsumeUsage, UnsyncedCustomers],
})
export class EntitlementsModule {}
