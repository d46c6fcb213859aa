import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { ConsumerKeysModule } from '../consumer-keys/consumer-keys.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { MerchantBillingModule } from '../merchant-billing/merchant-billing.module.ts';
import { MerchantsModule } from '../merchants/merchants.module.ts';
import { ExportRequests } from './export-requests.ts';
import { RequestLogsController } from './request-logs.controller.ts';
import { RequestLogsRepository } from './request-logs.repository.ts';
import { RequestLogsService } from './request-logs.service.ts';
import { SummarizeRequests } from './summarize-requests.ts';
import { TrackRequests } from './track-requests.ts';

@Module({
  imports: [AuditModule, MerchantsModule, CustomersModule, ConsumerKeysModule, MerchantBillingModule],
  controllers: [RequestLogsController],
  providers: [RequestLogsService, RequestLogsRepository, TrackRequests, SummarizeRequests, ExportRequests],
})
export class RequestLogsModule {}
