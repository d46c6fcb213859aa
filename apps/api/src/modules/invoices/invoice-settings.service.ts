import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AuditService } from '../audit/audit.service.ts';
import type { invoiceSettings, updateInvoiceSettings } from './invoice-settings.schemas.ts';
import { ManualInvoicesRepository } from './manual-invoices.repository.ts';

export type InvoiceSettings = z.input<typeof invoiceSettings>;

const defaults: InvoiceSettings = {
  seller_name: null,
  seller_address: null,
  seller_tax_id: null,
  prefix: 'INV',
  tax_rate: '0',
  tax_label: 'Tax',
  payment_terms_days: 14,
  notes: null,
};

/** What manual invoices say of the seller, the tax and the terms. Invoices that were issued stay as they are. */
@Injectable()
export class InvoiceSettingsService {
  constructor(
    private readonly database: Database,
    private readonly rows: ManualInvoicesRepository,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  get(environmentId: string): Promise<InvoiceSettings> {
    return this.database.tenant(
      environmentId,
      async () => (await this.rows.findSettings(environmentId)) ?? defaults,
    );
  }

  update(environmentId: string, wish: z.output<typeof updateInvoiceSettings>): Promise<InvoiceSettings> {
    return this.database.tenant(environmentId, async () => {
      const before = await this.get(environmentId);
      await this.rows.saveSettings(environmentId, { ...wish, updated_at: this.clock.now() });
      await this.audit.record(environmentId, {
        action: 'invoice_settings.updated',
        target: { type: 'environment', id: environmentId },
        before: {
          prefix: before.prefix,
          tax_rate: before.tax_rate,
          payment_terms_days: before.payment_terms_days,
        },
        after: { changed: Object.keys(wish) },
      });
      return this.get(environmentId);
    });
  }
}
