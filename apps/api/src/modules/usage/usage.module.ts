import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AlertsModule } from '../alerts/alerts.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CatalogModule } from '../catalog/catalog.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { CompareTotals } from './compare-totals.ts';
import { CorrectUsage } from './correct-usage.ts';
import { ExploreRollupsRepository } from './explore-rollups.repository.ts';
import { ExploreUsage } from './explore-usage.ts';
import { ExploreUsageRepository } from './explore-usage.repository.ts';
import { FlushUsage } from './flush-usage.ts';
import { ForwardUsage } from './forward-usage.ts';
import { ForwardsRepository } from './forwards.repository.ts';
import { Ingest } from './ingest.ts';
import { MeterDrift } from './meter-drift.ts';
import { RejectedEvents } from './rejected-events.ts';
import { RetractUsage } from './retract-usage.ts';
import { RollUpUsage } from './roll-up-usage.ts';
import { TotalsRepository } from './totals.repository.ts';
import { TrackUsage } from './track-usage.ts';
import { UsageSettingsController } from './usage-settings.controller.ts';
import { UsageSettingsService } from './usage-settings.service.ts';
import { UsageController } from './usage.controller.ts';
import { UsageRepository } from './usage.repository.ts';
import { UsageService } from './usage.service.ts';

@Module({
  imports: [StripeModule, AlertsModule, AuditModule, CatalogModule, CustomersModule],
  controllers: [UsageController, UsageSettingsController],
  providers: [
    UsageService,
    UsageRepository,
    TotalsRepository,
    ExploreUsage,
    ExploreUsageRepository,
    ExploreRollupsRepository,
    RollUpUsage,
    TrackUsage,
    CorrectUsage,
    RetractUsage,
    RejectedEvents,
    Ingest,
    FlushUsage,
    ForwardUsage,
    ForwardsRepository,
    MeterDrift,
    CompareTotals,
    UsageSettingsService,
  ],
  exports: [FlushUsage, Ingest, MeterDrift, TrackUsage, UsageService, UsageSettingsService],
})
export class UsageModule {}
