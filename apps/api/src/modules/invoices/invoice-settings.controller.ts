import { Body, Controller, Get, Patch } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Returns } from '../../platform/http/returns.ts';
import { invoiceSettings, updateInvoiceSettings } from './invoice-settings.schemas.ts';
import { InvoiceSettingsService } from './invoice-settings.service.ts';

@Controller('invoice-settings')
export class InvoiceSettingsController {
  constructor(private readonly settings: InvoiceSettingsService) {}

  @Get()
  @Requires('settings:read', { audience: 'dashboard' })
  @Returns(200, invoiceSettings)
  getInvoiceSettings(@EnvironmentId() environmentId: string) {
    return this.settings.get(environmentId);
  }

  /** Says what invoices look like that BillingOS writes from now on. */
  @Patch()
  @Requires('settings:write', { audience: 'dashboard' })
  @Returns(200, invoiceSettings)
  updateInvoiceSettings(
    @EnvironmentId() environmentId: string,
    @Body({ schema: updateInvoiceSettings }) body: z.output<typeof updateInvoiceSettings>,
  ) {
    return this.settings.update(environmentId, body);
  }
}
