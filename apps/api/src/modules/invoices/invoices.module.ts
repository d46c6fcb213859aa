import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AlertsModule } from '../alerts/alerts.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CatalogModule } from '../catalog/catalog.module.ts';
import { CreditsModule } from '../credits/credits.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.ts';
import { UsageModule } from '../usage/usage.module.ts';
import { AwaitUsage } from './await-usage.ts';
import { BillSubscriptions } from './bill-subscriptions.ts';
import { CloseManualInvoice } from './close-manual-invoice.ts';
import { FinishDraft } from './finish-draft.ts';
import { EstimateBill } from './estimate-bill.ts';
import { EstimateController } from './estimate.controller.ts';
import { ExpectedTotal } from './expected-total.ts';
import { InvoicedPrices } from './invoiced-prices.ts';
import { InvoiceSettingsController } from './invoice-settings.controller.ts';
import { InvoiceSettingsService } from './invoice-settings.service.ts';
import { IssueManualInvoice } from './issue-manual-invoice.ts';
import { ManualCreditNotes } from './manual-credit-notes.ts';
import { ManualInvoicesController } from './manual-invoices.controller.ts';
import { ManualInvoicesRepository } from './manual-invoices.repository.ts';
import { PrintInvoice } from './print-invoice.ts';
import { CloseInvoice } from './close-invoice.ts';
import { CustomerBalanceController } from './customer-balance.controller.ts';
import { CustomerBalance } from './customer-balance.service.ts';
import { InvoicePartsRepository } from './invoice-parts.repository.ts';
import { InvoicesController } from './invoices.controller.ts';
import { InvoicesRepository } from './invoices.repository.ts';
import { InvoicesService } from './invoices.service.ts';
import { IssueCreditNote } from './issue-credit-note.ts';
import { PayInvoice } from './pay-invoice.ts';
import { ParkInvoice } from './park-invoice.ts';
import { PaymentRight } from './payment-right.ts';
import { ReleaseInvoice } from './release-invoice.ts';
import { SyncInvoices } from './sync-invoices.ts';
import { TakeOverInvoice } from './take-over-invoice.ts';

@Module({
  imports: [
    StripeModule,
    AuditModule,
    AlertsModule,
    CustomersModule,
    CatalogModule,
    CreditsModule,
    UsageModule,
    SubscriptionsModule,
  ],
  controllers: [
    ManualInvoicesController,
    InvoiceSettingsController,
    InvoicesController,
    CustomerBalanceController,
    EstimateController,
  ],
  providers: [
    BillSubscriptions,
    InvoicedPrices,
    EstimateBill,
    CloseManualInvoice,
    InvoiceSettingsService,
    IssueManualInvoice,
    ManualCreditNotes,
    ManualInvoicesRepository,
    PrintInvoice,
    InvoicesService,
    InvoicesRepository,
    InvoicePartsRepository,
    TakeOverInvoice,
    SyncInvoices,
    PaymentRight,
    PayInvoice,
    ParkInvoice,
    ExpectedTotal,
    AwaitUsage,
    FinishDraft,
    ReleaseInvoice,
    CloseInvoice,
    IssueCreditNote,
    CustomerBalance,
  ],
  exports: [InvoicesService, TakeOverInvoice, SyncInvoices, PayInvoice, CloseInvoice],
})
export class InvoicesModule {}
