import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AlertsModule } from '../alerts/alerts.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CreditsModule } from '../credits/credits.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { InvoicesModule } from '../invoices/invoices.module.ts';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.ts';
import { DisputesService } from './disputes.service.ts';
import { EndSubscription } from './end-subscription.ts';
import { FollowDispute } from './follow-dispute.ts';
import { PaymentSettingsService } from './payment-settings.service.ts';
import { PaymentsController } from './payments.controller.ts';
import { PaymentsRepository } from './payments.repository.ts';
import { RefundInvoice } from './refund-invoice.ts';
import { TakeOverPayments } from './take-over-payments.ts';

@Module({
  imports: [
    StripeModule,
    AuditModule,
    AlertsModule,
    CreditsModule,
    CustomersModule,
    SubscriptionsModule,
    InvoicesModule,
  ],
  controllers: [PaymentsController],
  providers: [
    PaymentsRepository,
    PaymentSettingsService,
    FollowDispute,
    TakeOverPayments,
    EndSubscription,
    RefundInvoice,
    DisputesService,
  ],
  exports: [TakeOverPayments],
})
export class PaymentsModule {}
