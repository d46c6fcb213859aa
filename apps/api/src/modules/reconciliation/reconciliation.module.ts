import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AlertsModule } from '../alerts/alerts.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { CatalogModule } from '../catalog/catalog.module.ts';
import { InvoicesModule } from '../invoices/invoices.module.ts';
import { MerchantsModule } from '../merchants/merchants.module.ts';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.ts';
import { UsageModule } from '../usage/usage.module.ts';
import { WebhooksModule } from '../webhooks/webhooks.module.ts';
import { CompareCatalog } from './compare-catalog.ts';
import { CompareCustomers } from './compare-customers.ts';
import { CompareEntitlements } from './compare-entitlements.ts';
import {
  CompareInvoices,
  CompareOpenInvoices,
  CompareUnlistedInvoices,
  InvoiceRepairs,
} from './compare-invoices.ts';
import { CompareMeters } from './compare-meters.ts';
import { CompareEnded, CompareRunning, CompareUnlisted, SubscriptionRepairs } from './compare-with-stripe.ts';
import { Phases } from './phases.ts';
import { Reconcile } from './reconcile.ts';
import { ReconciliationController } from './reconciliation.controller.ts';
import { ReconciliationRepository } from './reconciliation.repository.ts';
import { ReconciliationService } from './reconciliation.service.ts';
import { ReplaceAccount } from './replace-account.ts';

@Module({
  imports: [
    MerchantsModule,
    CatalogModule,
    StripeModule,
    AlertsModule,
    AuditModule,
    CustomersModule,
    SubscriptionsModule,
    InvoicesModule,
    UsageModule,
    WebhooksModule,
  ],
  controllers: [ReconciliationController],
  providers: [
    ReconciliationService,
    ReconciliationRepository,
    Reconcile,
    Phases,
    ReplaceAccount,
    SubscriptionRepairs,
    CompareCatalog,
    CompareCustomers,
    CompareRunning,
    CompareEnded,
    CompareUnlisted,
    InvoiceRepairs,
    CompareInvoices,
    CompareOpenInvoices,
    CompareUnlistedInvoices,
    CompareEntitlements,
    CompareMeters,
  ],
})
export class ReconciliationModule {}
