import { Controller, Get, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom } from '../../platform/http/schemas.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { InvoiceNotFound } from './invoices.errors.ts';
import { invoice, invoicePage, invoicesSummary, listInvoices } from './invoices.schemas.ts';
import { InvoicesService } from './invoices.service.ts';

@Controller('invoices')
export class InvoicesController {
  constructor(private readonly invoices: InvoicesService) {}

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
}
