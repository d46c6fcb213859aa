import { Badge, type BadgeTone } from '@billingos/ui/components/badge';
import { Card, CardHeader } from '@billingos/ui/components/card';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import type { Invoice, Money } from '../../api/types.ts';
import { formatAmount } from '../../formatting/money.ts';
import { Day } from '../../formatting/time.tsx';

type Movement = {
  id: string;
  kind: string;
  state: string;
  tone: BadgeTone;
  detail: string;
  amount: Money;
  created_at: string;
};

/** What was paid, given back and credited, the newest first. */
export function InvoiceMoney({ invoice }: { invoice: Invoice }) {
  const movements = movementsOf(invoice);
  return (
    <Card>
      <CardHeader title="Payments, refunds and credit notes" />
      {movements.length === 0 ? (
        <p className="px-4 pb-4 text-sm text-muted">
          {invoice.status === 'open' ? 'Nobody has tried to pay it yet.' : 'None.'}
        </p>
      ) : (
        <Table label="Payments, refunds and credit notes">
          <TableHead>
            <tr>
              <HeaderCell>What</HeaderCell>
              <HeaderCell>State</HeaderCell>
              <HeaderCell>Detail</HeaderCell>
              <HeaderCell className="text-right">Amount</HeaderCell>
              <HeaderCell>When</HeaderCell>
            </tr>
          </TableHead>
          <TableBody>
            {movements.map((movement) => (
              <TableRow key={movement.id}>
                <Cell className="font-medium">{movement.kind}</Cell>
                <Cell>
                  <Badge tone={movement.tone}>{movement.state}</Badge>
                </Cell>
                <Cell className="min-w-40 whitespace-normal text-muted">{movement.detail || '–'}</Cell>
                <Cell numeric>{formatAmount(movement.amount)}</Cell>
                <Cell className="text-muted">
                  <Day iso={movement.created_at} />
                </Cell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      )}
    </Card>
  );
}

const tones: Record<string, BadgeTone> = {
  succeeded: 'success',
  issued: 'success',
  failed: 'danger',
  pending: 'warning',
  requires_action: 'warning',
};

function movementsOf({ payments, refunds, credit_notes }: Invoice): Movement[] {
  const movements = [
    ...payments.map((payment) => ({
      ...taken(payment),
      kind: 'Payment',
      state: payment.status,
      detail: payment.failure_message ?? methodWords(payment.method),
    })),
    ...refunds.map((refund) => ({
      ...taken(refund),
      kind: 'Refund',
      state: refund.status,
      detail: words(refund.failure_reason ?? refund.reason ?? ''),
    })),
    ...credit_notes.map((note) => ({
      ...taken(note),
      kind: note.number ? `Credit note ${note.number}` : 'Credit note',
      state: note.status,
      detail: note.memo ?? words(note.reason ?? ''),
    })),
  ];
  return movements
    .map((movement) => ({
      ...movement,
      state: words(movement.state),
      tone: tones[movement.state] ?? 'neutral',
    }))
    .toSorted((one, other) => other.created_at.localeCompare(one.created_at));
}

function taken({ id, amount, created_at }: Pick<Movement, 'id' | 'amount' | 'created_at'>) {
  return { id, amount, created_at };
}

/** "visa ending in 4242" */
function methodWords(method: Invoice['payments'][number]['method']): string {
  if (!method) return '';
  const name = words(method.brand ?? method.type);
  return method.last4 ? `${name} ending in ${method.last4}` : name;
}

/** "requires_action" as people write it: "Requires action". */
function words(code: string): string {
  return code.charAt(0).toUpperCase() + code.slice(1).replaceAll('_', ' ');
}
