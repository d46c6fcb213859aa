import { renderToBuffer } from '@react-pdf/renderer';
import { describe, expect, it } from 'vitest';
import { InvoiceDocument, type PrintedInvoice } from './invoice-document.tsx';

const invoice = (lines: number): PrintedInvoice => ({
  number: 'INV-000123',
  status: 'open',
  currency: 'inr',
  issued_at: new Date('2026-11-30T00:00:00Z'),
  due_at: new Date('2026-12-14T00:00:00Z'),
  paid_at: null,
  seller: { name: 'Kopiński & Śliwa', address: 'ul. Długa 5\n00-238 Warszawa', tax_id: 'PL1234567890' },
  customer: { name: 'Acme Private Limited', email: 'accounts@acme.test' },
  lines: Array.from({ length: lines }, () => ({
    description: 'Pro: Calls, in packages of 1,000',
    period: { start: new Date('2026-10-31T00:00:00Z'), end: new Date('2026-11-30T00:00:00Z') },
    quantity: '12345.5',
    unit_amount: null,
    amount: 1_300,
  })),
  subtotal: 1_300 * lines,
  tax: { label: 'GST', rate: '18', amount: 234 * lines },
  total: 1_534 * lines,
  credited: 0,
  paid: 0,
  remaining: 1_534 * lines,
  notes: 'Please pay by bank transfer.',
});

async function pagesOf(printed: PrintedInvoice): Promise<number> {
  const pdf = (await renderToBuffer(InvoiceDocument({ invoice: printed }))).toString('latin1');
  expect(pdf.startsWith('%PDF-')).toBe(true);
  return [...pdf.matchAll(/\/Type \/Page\b/g)].length;
}

describe('a printed invoice', () => {
  it('is one page, and as many as a long list takes', async () => {
    expect(await pagesOf(invoice(3))).toBe(1);
    expect(await pagesOf(invoice(60))).toBe(5);
  });

  it.each(['usd', 'jpy', 'kwd', 'krw', 'isk'])('is printed in %s', async (currency) => {
    expect(await pagesOf({ ...invoice(1), currency, status: 'paid', paid_at: new Date(0) })).toBe(1);
  });
});
