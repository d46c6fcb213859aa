import { Module } from '@nestjs/common';
import { AlertsModule } from '../alerts/alerts.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CatalogModule } from '../catalog/catalog.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { MerchantsModule } from '../merchants/merchants.module.ts';
import { UsageModule } from '../usage/usage.module.ts';
import { ChangeFeed } from './change-feed.ts';
import { ChangesRepository } from './changes.repository.ts';
import { CheckEntitlement } from './check-entitlement.ts';
import { ConsumeRepository } from './consume.repository.ts';
import { ConsumeUsage } from './consume-usage.ts';
import { EntitlementStreams } from './entitlement-streams.ts';
import { EntitlementsController } from './entitlements.controller.ts';
import { EntitlementsRepository } from './entitlements.repository.ts';
import { EntitlementsService } from './entitlements.service.ts';
import { FeaturePolicies } from './feature-policies.ts';
import { FollowedUsage } from './followed-usage.ts';
import { ExplainEntitlements } from './explain-entitlements.ts';
import { MeteredFeatures } from './metered-features.ts';
import { OutageAnswers } from './outage-answers.ts';
import { OverridesController } from './overrides.controller.ts';
import { OverridesRepository } from './overrides.repository.ts';
import { OverridesService } from './overrides.service.ts';
import { ReserveUsage } from './reserve-usage.ts';
import { SetBackUsage } from './set-back-usage.ts';
import { SnapshotCache } from './snapshot-cache.ts';
import { SnapshotLoader } from './snapshot-loader.ts';
import { SpendCapsController } from './spend-caps.controller.ts';
import { SpendCapsRepository } from './spend-caps.repository.ts';
import { SpendCapsService } from './spend-caps.service.ts';
import { TellSpendCaps } from './tell-spend-caps.ts';
import { UnsyncedCustomers } from './unsynced-customers.ts';

@Module({
  imports: [AlertsModule, AuditModule, MerchantsModule, CatalogModule, CustomersModule, UsageModule],
  controllers: [EntitlementsController, OverridesController, SpendCapsController],
  providers: [
    EntitlementsService,
    EntitlementsRepository,
    OverridesService,
    OverridesRepository,
    SpendCapsService,
    SpendCapsRepository,
    TellSpendCaps,
    ExplainEntitlements,
    CheckEntitlement,
    OutageAnswers,
    FeaturePolicies,
    ConsumeUsage,
    ReserveUsage,
    SetBackUsage,
    ConsumeRepository,
    MeteredFeatures,
    EntitlementStreams,
    FollowedUsage,
    ChangeFeed,
    ChangesRepository,
    SnapshotCache,
    SnapshotLoader,
    UnsyncedCustomers,
  ],
  exports: [EntitlementsService, CheckEntitlement, ConsumeUsage, SetBackUsage, UnsyncedCustomers],
})
export class EntitlementsModule {}
