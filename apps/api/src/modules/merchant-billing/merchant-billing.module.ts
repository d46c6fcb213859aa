import { Module } from '@nestjs/common';
import { CatalogModule } from '../catalog/catalog.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { EntitlementsModule } from '../entitlements/entitlements.module.ts';
import { MerchantsModule } from '../merchants/merchants.module.ts';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.ts';
import { UsageModule } from '../usage/usage.module.ts';
import { BilledMerchants } from './billed-merchants.ts';
import { MerchantBillingController } from './merchant-billing.controller.ts';
import { MerchantBilling } from './merchant-billing.service.ts';
import { SetUpHousePlans } from './set-up-house-plans.ts';
import { TrackedCalls } from './tracked-calls.ts';

@Module({
  imports: [
    MerchantsModule,
    CustomersModule,
    CatalogModule,
    UsageModule,
    EntitlementsModule,
    SubscriptionsModule,
  ],
  controllers: [MerchantBillingController],
  providers: [MerchantBilling, BilledMerchants, SetUpHousePlans, TrackedCalls],
  exports: [TrackedCalls],
})
export class MerchantBillingModule {}
