import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { CallsStripe } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom } from '../../platform/http/schemas.ts';
import {
  OtherCallUnderWay,
  StripeNotConnected,
  StripeRefused,
  StripeUnavailable,
} from '../../stripe/stripe.errors.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { CloseInvoice } from './close-invoice.ts';
import {
  CreditNoteTooLarge,
  InvoiceLineNotFound,
  InvoiceNotFound,
  InvoiceNotIssued,
  InvoiceNotOnStripe,
  InvoiceNotOpen,
  InvoiceNotParked,
  NotAllGiven,
  PaymentUnderWay,
} from './invoices.errors.ts';
import { IssueCreditNote } from './issue-credit-note.ts';
import {
  createCreditNote,
  creditNote,
  invoice,
  invoicePage,
  invoicesSummary,
  listInvoices,
  payInvoice,
  paymentOutcome,
} from './invoices.schemas.ts';
import { InvoicesService } from './invoices.service.ts';
import { PayInvoice } from './pay-invoice.ts';
import { ReleaseInvoice } from './release-invoice.ts';

const changeRefusals = [
  InvoiceNotFound,
  InvoiceNotOnStripe,
  InvoiceNotOpen,
  PaymentUnderWay,
  OtherCallUnderWay,
  StripeNotConnected,
  StripeRefused,
  StripeUnavailable,
];

@Controller('invoices')
export class InvoicesController {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly payment: PayInvoice,
    private readonly closing: CloseInvoice,
    private readonly crediting: IssueCreditNote,
    private readonly releasing: ReleaseInvoice,
  ) {}

  /** Lists invoices, the newest first. */
  @Get()
  @Requires('invoices:read')
  @Returns(200, invoicePage)
  @Refuses(CustomerNotFound)
  async listInvoices(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listInvoices }) query: z.output<typeof listInvoices>,
  ) {
    return pageFrom(await this.invoices.list(environmentId, query), query.limit);
  }

  @Get('summary')
  @Requires('invoices:read', { audience: 'dashboard' })
  @Returns(200, invoicesSummary)
  getInvoicesSummary(@EnvironmentId() environmentId: string) {
    return this.invoices.summary(environmentId);
  }

  /** Retrieves an invoice with its lines, payments, credit notes and refunds. */
  @Get(':id')
  @Requires('invoices:read')
  @Returns(200, invoice)
  @Refuses(InvoiceNotFound)
  getInvoice(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.invoices.get(environmentId, id);
  }

  /** Charges an open invoice now, to the payment method that is given or the one the customer has. */
  @Post(':id/pay')
  @Requires('invoices:write')
  @CallsStripe()
  @Returns(200, paymentOutcome)
  @Refuses(...changeRefusals)
  async payInvoice(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: payInvoice }) body: z.output<typeof payInvoice>,
  ) {
    const outcome = await this.payment.pay(environmentId, id, body);
    const paid = await this.invoices.get(environmentId, id);
    return { ...outcome, hosted_invoice_url: paid.hosted_invoice_url, invoice: paid };
  }

  /** Takes back an open invoice that was wrong, for good. The credit it used is the customer’s again. */
  @Post(':id/void')
  @Requires('invoices:write')
  @CallsStripe()
  @Returns(200, invoice)
  @Refuses(...changeRefusals)
  voidInvoice(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.closing.close(environmentId, id, 'void');
  }

  /** Gives up an open invoice that nobody will pay. */
  @Post(':id/mark-uncollectible')
  @Requires('invoices:write')
  @CallsStripe()
  @Returns(200, invoice)
  @Refuses(...changeRefusals)
  markInvoiceUncollectible(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.closing.close(environmentId, id, 'uncollectible');
  }

  /** Lets an invoice go that was held back (`parked_at`): it is right, and is issued and charged. */
  @Post(':id/release')
  @Requires('invoices:write')
  @CallsStripe()
  @Returns(200, invoice)
  @Refuses(
    InvoiceNotFound,
    InvoiceNotParked,
    OtherCallUnderWay,
    StripeNotConnected,
    StripeRefused,
    StripeUnavailable,
  )
  releaseInvoice(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.releasing.release(environmentId, id);
  }

  /**
   * Takes back some of an invoice, as an entry of its own. Of an open one, less is due; of a paid one, it becomes the
   * customer’s credit unless the body says otherwise.
   */
  @Post(':id/credit-notes')
  @Requires('refunds:write')
  @CallsStripe()
  @Returns(201, creditNote)
  @Refuses(...changeRefusals, InvoiceNotIssued, InvoiceLineNotFound, CreditNoteTooLarge, NotAllGiven)
  createCreditNote(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: createCreditNote }) body: z.output<typeof createCreditNote>,
  ) {
    return this.crediting.issue(environmentId, id, body);
  }
}
