import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AlertsModule } from '../alerts/alerts.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CreditsModule } from '../credits/credits.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { InvoicesModule } from '../invoices/invoices.module.ts';
import { AutoTopUp } from './auto-top-up.ts';
import { BuyCredits } from './buy-credits.ts';
import { ChargeInvoice } from './charge-invoice.ts';
import { MailModule } from '../mail/mail.module.ts';
import { PacksRepository } from './packs.repository.ts';
import { PacksService } from './packs.service.ts';
import { TopUpPageService } from './top-up-page.service.ts';
import { TopUpPagesController } from './top-up-pages.controller.ts';
import { TopUpsController } from './top-ups.controller.ts';

@Module({
  imports: [
    StripeModule,
    AlertsModule,
    AuditModule,
    CreditsModule,
    CustomersModule,
    InvoicesModule,
    MailModule,
  ],
  controllers: [TopUpsController, TopUpPagesController],
  providers: [PacksService, PacksRepository, BuyCredits, ChargeInvoice, AutoTopUp, TopUpPageService],
})
export class TopUpsModule {}
