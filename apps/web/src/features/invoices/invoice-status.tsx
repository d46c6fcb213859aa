import { Badge } from '@billingos/ui/components/badge';
import type { InvoiceSummary } from '../../api/types.ts';
import { statusWords } from './statuses.ts';

type Shown = Pick<InvoiceSummary, 'status' | 'amount_refunded' | 'amount_paid'>;

/** The state in a word; a paid one whose money went back says so instead. */
export function InvoiceStatusBadge({ invoice }: { invoice: Shown }) {
  const { label, tone } = statusWords[invoice.status];
  const refunded = invoice.amount_refunded.amount;
  if (invoice.status !== 'paid' || refunded === 0) return <Badge tone={tone}>{label}</Badge>;
  return (
    <Badge tone="neutral">{refunded < invoice.amount_paid.amount ? 'Partly refunded' : 'Refunded'}</Badge>
  );
}
