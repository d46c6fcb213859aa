import { Body, Controller, Get, Param, Post, Res, StreamableFile } from '@nestjs/common';
import { ApiProduces } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam } from '../../platform/http/schemas.ts';
import { CloseManualInvoice } from './close-manual-invoice.ts';
import {
  CreditNoteNotFound,
  CreditNoteSettled,
  InvoiceNotFound,
  InvoiceNotManual,
  InvoiceNotOpen,
  PaidInFuture,
} from './invoices.errors.ts';
import { creditNote, invoice, markInvoicePaid } from './invoices.schemas.ts';
import { ManualCreditNotes } from './manual-credit-notes.ts';
import { PrintInvoice } from './print-invoice.ts';

/** What only invoices have that BillingOS wrote. */
@Controller()
export class ManualInvoicesController {
  constructor(
    private readonly closing: CloseManualInvoice,
    private readonly notes: ManualCreditNotes,
    private readonly printing: PrintInvoice,
  ) {}

  /** Notes that the money came, by bank transfer or otherwise. */
  @Post('invoices/:id/mark-paid')
  @Requires('invoices:write')
  @Returns(200, invoice)
  @Refuses(InvoiceNotFound, InvoiceNotManual, InvoiceNotOpen, PaidInFuture)
  markInvoicePaid(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: markInvoicePaid }) body: z.output<typeof markInvoicePaid>,
  ) {
    return this.closing.markPaid(environmentId, id, body);
  }

  /** Takes a credit note back that was wrong: the invoice stands as before it. */
  @Post('credit-notes/:id/void')
  @Requires('invoices:write')
  @Returns(200, creditNote)
  @Refuses(CreditNoteNotFound, InvoiceNotManual, CreditNoteSettled)
  voidCreditNote(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.notes.void(environmentId, id);
  }

  /** The invoice as a PDF. */
  @Get('invoices/:id/pdf')
  @Requires('invoices:read', { audience: 'dashboard' })
  @ApiProduces('application/pdf')
  @Refuses(InvoiceNotFound, InvoiceNotManual)
  async getInvoicePdf(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const { name, content } = await this.printing.print(environmentId, id);
    reply.header('Content-Disposition', `attachment; filename="${name}.pdf"`);
    return new StreamableFile(content, { type: 'application/pdf', length: content.length });
  }
}
