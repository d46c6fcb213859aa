import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { ApiKeysController } from './api-keys.controller.ts';
import { ApiKeysRepository } from './api-keys.repository.ts';
import { ApiKeysService } from './api-keys.service.ts';
import { MerchantLimits } from './merchant-limits.ts';
import { MerchantsController } from './merchants.controller.ts';
import { MerchantsRepository } from './merchants.repository.ts';
import { MerchantsService } from './merchants.service.ts';
import { OnboardingController } from './onboarding.controller.ts';
import { OnboardingRepository } from './onboarding.repository.ts';
import { OnboardingService } from './onboarding.service.ts';
import { StripeAccountController } from './stripe-account.controller.ts';
import { StripeAccountService } from './stripe-account.service.ts';
import { TakeOverAccount } from './take-over-account.ts';

@Module({
  imports: [StripeModule, AuditModule],
  controllers: [MerchantsController, ApiKeysController, OnboardingController, StripeAccountController],
  providers: [
    MerchantsService,
    MerchantsRepository,
    MerchantLimits,
    ApiKeysService,
    ApiKeysRepository,
    OnboardingService,
    OnboardingRepository,
    StripeAccountService,
    TakeOverAccount,
  ],
  exports: [MerchantsService, OnboardingService, StripeAccountService, TakeOverAccount, MerchantLimits],
})
export class MerchantsModule {}
