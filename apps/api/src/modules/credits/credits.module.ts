import { Module } from '@nestjs/common';
import { AlertsModule } from '../alerts/alerts.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { EntitlementsModule } from '../entitlements/entitlements.module.ts';
import { AllowancesRepository } from './allowances.repository.ts';
import { CreditGrantsService } from './credit-grants.service.ts';
import { CreditsController } from './credits.controller.ts';
import { CreditsRepository } from './credits.repository.ts';
import { CreditsService } from './credits.service.ts';
import { GrantAllowances } from './grant-allowances.ts';
import { SettleCredits } from './settle-credits.ts';
import { TopUpsRepository } from './top-ups.repository.ts';
import { TopUpsService } from './top-ups.service.ts';
import { WatchBalances } from './watch-balances.ts';

@Module({
  imports: [AlertsModule, AuditModule, CustomersModule, EntitlementsModule],
  controllers: [CreditsController],
  providers: [
    CreditsService,
    CreditGrantsService,
    CreditsRepository,
    SettleCredits,
    WatchBalances,
    GrantAllowances,
    AllowancesRepository,
    TopUpsService,
    TopUpsRepository,
  ],
  exports: [CreditsService, GrantAllowances, TopUpsService],
})
export class CreditsModule {}
