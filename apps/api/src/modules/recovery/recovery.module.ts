import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AlertsModule } from '../alerts/alerts.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { InvoicesModule } from '../invoices/invoices.module.ts';
import { MailModule } from '../mail/mail.module.ts';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.ts';
import { AttemptPayment } from './attempt-payment.ts';
import { CustomerPagesController } from './customer-pages.controller.ts';
import { PayPageService } from './pay-page.service.ts';
import { RecoverPayment } from './recover-payment.ts';
import { RecoveryController } from './recovery.controller.ts';
import { RecoveryRepository } from './recovery.repository.ts';
import { RecoveryState } from './recovery-state.ts';
import { RecoveryService } from './recovery.service.ts';
import { SurveyService } from './survey.service.ts';
import { TellOfRecovery } from './tell-of-recovery.ts';

@Module({
  imports: [
    StripeModule,
    AuditModule,
    MailModule,
    AlertsModule,
    CustomersModule,
    SubscriptionsModule,
    InvoicesModule,
  ],
  controllers: [RecoveryController, CustomerPagesController],
  providers: [
    RecoverPayment,
    AttemptPayment,
    RecoveryState,
    RecoveryService,
    RecoveryRepository,
    TellOfRecovery,
    PayPageService,
    SurveyService,
  ],
  exports: [RecoverPayment],
})
export class RecoveryModule {}
