import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CatalogModule } from '../catalog/catalog.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.ts';
import { ImportPeople } from './import-people.ts';
import { ImportProducts } from './import-products.ts';
import { RunImport } from './run-import.ts';
import { StripeImportController } from './stripe-import.controller.ts';
import { StripeImportRepository } from './stripe-import.repository.ts';
import { StripeImportService } from './stripe-import.service.ts';

@Module({
  imports: [StripeModule, AuditModule, CatalogModule, CustomersModule, SubscriptionsModule],
  controllers: [StripeImportController],
  providers: [StripeImportService, StripeImportRepository, RunImport, ImportProducts, ImportPeople],
})
export class StripeImportModule {}
