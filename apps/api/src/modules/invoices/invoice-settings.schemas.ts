import { z } from 'zod';
import { text } from '../../platform/http/schemas.ts';

const fields = {
  seller_name: text.trim().min(1).max(200).nullable().describe('Null: the name of the merchant.'),
  seller_address: text.trim().min(1).max(1_000).nullable().describe('With line breaks.'),
  seller_tax_id: text.trim().min(1).max(100).nullable(),
  prefix: z
    .string()
    .regex(/^[A-Z0-9]{1,12}$/, 'use 1 to 12 of A–Z and 0–9')
    .describe('Of numbers: INV-000123.'),
  tax_rate: z
    .string()
    .regex(/^(100(\.0{1,4})?|\d{1,2}(\.\d{1,4})?)$/, 'use a percentage with at most four decimals')
    .describe('Percent on top of the prices: "18". "0" is no tax.'),
  tax_label: text.trim().min(1).max(40).describe('What the tax is called: GST, VAT.'),
  payment_terms_days: z.int().min(0).max(365).describe('Days from issue to due.'),
  notes: text.trim().min(1).max(2_000).nullable().describe('Under every invoice: bank account, thanks.'),
};

export const invoiceSettings = z.object(fields).meta({ id: 'InvoiceSettings' });
export const updateInvoiceSettings = z.strictObject(fields).partial();
