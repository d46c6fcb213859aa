import type { InvoiceSummary } from '../../api/types.ts';

/** How an invoice is called: by its number, which it has once it is issued. */
export function invoiceName({ number }: Pick<InvoiceSummary, 'number'>): string {
  return number ?? 'Draft';
}
