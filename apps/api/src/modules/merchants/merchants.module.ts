import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { ApiKeysController } from './api-keys.controller.ts';
import { ApiKeysRepository } from './api-keys.repository.ts';
import { ApiKeysService } from './api-keys.service.ts';
import { MerchantsController } from './merchants.controller.ts';
import { MerchantsRepository } from './merchants.repository.ts';
import { MerchantsService } from './merchants.service.ts';
import { OnboardingController } from './onboarding.controller.ts';
import { OnboardingRepository } from './onboarding.repository.ts';
import { OnboardingService } from './onboarding.service.ts';

@Module({
  imports: [AuditModule],
  controllers: [MerchantsController, ApiKeysController, OnboardingController],
  providers: [
    MerchantsService,
    MerchantsRepository,
    ApiKeysService,
    ApiKeysRepository,
    OnboardingService,
    OnboardingRepository,
  ],
  exports: [OnboardingService],
})
export class MerchantsModule {}
