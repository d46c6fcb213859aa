import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.ts';
import { CloseInvoice } from './close-invoice.ts';
import { CustomerBalanceController } from './customer-balance.controller.ts';
import { CustomerBalance } from './customer-balance.service.ts';
import { InvoicePartsRepository } from './invoice-parts.repository.ts';
import { InvoicesController } from './invoices.controller.ts';
import { InvoicesRepository } from './invoices.repository.ts';
import { InvoicesService } from './invoices.service.ts';
import { IssueCreditNote } from './issue-credit-note.ts';
import { PayInvoice } from './pay-invoice.ts';
import { PaymentRight } from './payment-right.ts';
import { SyncInvoices } from './sync-invoices.ts';
import { TakeOverInvoice } from './take-over-invoice.ts';

@Module({
  imports: [StripeModule, AuditModule, CustomersModule, SubscriptionsModule],
  controllers: [InvoicesController, CustomerBalanceController],
  providers: [
    InvoicesService,
    InvoicesRepository,
    InvoicePartsRepository,
    TakeOverInvoice,
    SyncInvoices,
    PaymentRight,
    PayInvoice,
    CloseInvoice,
    IssueCreditNote,
    CustomerBalance,
  ],
  exports: [InvoicesService, TakeOverInvoice, SyncInvoices, PayInvoice],
})
export class InvoicesModule {}
