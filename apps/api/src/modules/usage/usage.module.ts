import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { ForwardUsage } from './forward-usage.ts';
import { Ingest } from './ingest.ts';
import { TrackUsage } from './track-usage.ts';
import { UsageController } from './usage.controller.ts';
import { UsageRepository } from './usage.repository.ts';
import { UsageService } from './usage.service.ts';

@Module({
  imports: [StripeModule, CustomersModule],
  controllers: [UsageController],
  providers: [UsageService, UsageRepository, TrackUsage, Ingest, ForwardUsage],
  exports: [Ingest],
})
export class UsageModule {}
