import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CatalogModule } from '../catalog/catalog.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { InvoicesModule } from '../invoices/invoices.module.ts';
import { PaymentsModule } from '../payments/payments.module.ts';
import { MerchantsModule } from '../merchants/merchants.module.ts';
import { RecoveryModule } from '../recovery/recovery.module.ts';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.ts';
import { EventsUnderWay } from './events-under-way.ts';
import { AccountDeauthorized } from './handlers/account-deauthorized.ts';
import { AccountUpdated } from './handlers/account-updated.ts';
import { CatalogChanged } from './handlers/catalog-changed.ts';
import { CustomerStateChanged } from './handlers/customer-state-changed.ts';
import { CreditNoteChanged } from './handlers/credit-note-changed.ts';
import { CustomerDeleted } from './handlers/customer-deleted.ts';
import { InvoiceChanged } from './handlers/invoice-changed.ts';
import { PaymentToRecover } from './handlers/payment-to-recover.ts';
import { ListEvents } from './list-events.ts';
import { PaymentChanged } from './handlers/payment-changed.ts';
import { ProcessEvent } from './process-event.ts';
import { WebhooksController } from './webhooks.controller.ts';
import { WebhooksRepository } from './webhooks.repository.ts';
import { WebhooksService } from './webhooks.service.ts';

@Module({
  imports: [
    StripeModule,
    AuditModule,
    MerchantsModule,
    CatalogModule,
    CustomersModule,
    SubscriptionsModule,
    InvoicesModule,
    PaymentsModule,
    RecoveryModule,
  ],
  controllers: [WebhooksController],
  providers: [
    WebhooksService,
    WebhooksRepository,
    ProcessEvent,
    ListEvents,
    EventsUnderWay,
    CustomerStateChanged,
    InvoiceChanged,
    PaymentChanged,
    CreditNoteChanged,
    CustomerDeleted,
    PaymentToRecover,
    CatalogChanged,
    AccountUpdated,
    AccountDeauthorized,
  ],
  exports: [EventsUnderWay],
})
export class WebhooksModule {}
