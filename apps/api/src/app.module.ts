import { Module } from '@nestjs/common';
import { AlertsModule } from './modules/alerts/alerts.module.ts';
import { AuditModule } from './modules/audit/audit.module.ts';
import { CatalogModule } from './modules/catalog/catalog.module.ts';
import { ConsumerKeysModule } from './modules/consumer-keys/consumer-keys.module.ts';
import { CreditsModule } from './modules/credits/credits.module.ts';
import { CustomersModule } from './modules/customers/customers.module.ts';
import { EntitlementsModule } from './modules/entitlements/entitlements.module.ts';
import { InvoicesModule } from './modules/invoices/invoices.module.ts';
import { MailModule } from './modules/mail/mail.module.ts';
import { MerchantBillingModule } from './modules/merchant-billing/merchant-billing.module.ts';
import { MerchantsModule } from './modules/merchants/merchants.module.ts';
import { RecoveryModule } from './modules/recovery/recovery.module.ts';
import { ReconciliationModule } from './modules/reconciliation/reconciliation.module.ts';
import { PaymentsModule } from './modules/payments/payments.module.ts';
import { RequestLogsModule } from './modules/request-logs/request-logs.module.ts';
import { StripeImportModule } from './modules/stripe-import/stripe-import.module.ts';
import { SubscriptionsModule } from './modules/subscriptions/subscriptions.module.ts';
import { TopUpsModule } from './modules/top-ups/top-ups.module.ts';
import { UsageModule } from './modules/usage/usage.module.ts';
import { WebhooksModule } from './modules/webhooks/webhooks.module.ts';
import { PlatformModule } from './platform/platform.module.ts';

/** Everything BillingOS does. `main.ts` serves it over HTTP, `worker.ts` runs its jobs. */
@Module({
  imports: [
    PlatformModule,
    AuditModule,
    MerchantsModule,
    MailModule,
    AlertsModule,
    CustomersModule,
    CatalogModule,
    UsageModule,
    EntitlementsModule,
    CreditsModule,
    SubscriptionsModule,
    InvoicesModule,
    PaymentsModule,
    TopUpsModule,
    ConsumerKeysModule,
    RecoveryModule,
    MerchantBillingModule,
    RequestLogsModule,
    WebhooksModule,
    StripeImportModule,
    ReconciliationModule,
  ],
})
export class AppModule {}
