import { Card, CardHeader } from '@billingos/ui/components/card';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import type { Invoice, Money } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';
import { formatAmount } from '../../formatting/money.ts';

const kinds: Record<Invoice['lines'][number]['kind'], string> = {
  recurring: 'Recurring',
  usage: 'Usage',
  late_usage: 'Usage, reported late',
  proration: 'Proration',
  tax: 'Tax',
  discount: 'Discount',
  manual: 'Single charge',
};

/** What is charged, line by line, and how it adds up. */
export function InvoiceLines({ invoice }: { invoice: Invoice }) {
  const { lines } = invoice;
  return (
    <Card>
      <CardHeader title="Lines" />
      <Table label="Lines">
        <TableHead>
          <tr>
            <HeaderCell>Description</HeaderCell>
            <HeaderCell>Period</HeaderCell>
            <HeaderCell className="text-right">Quantity</HeaderCell>
            <HeaderCell className="text-right">Amount</HeaderCell>
          </tr>
        </TableHead>
        <TableBody>
          {lines.map((line) => (
            <TableRow key={line.id}>
              <Cell className="min-w-48 font-medium whitespace-normal">
                {line.description ?? kinds[line.kind]}
              </Cell>
              <Cell className="text-muted">
                {line.period_start && line.period_end
                  ? `${formatDay(line.period_start)} – ${formatDay(line.period_end)}`
                  : '–'}
              </Cell>
              <Cell numeric>{line.quantity}</Cell>
              <Cell numeric>{formatAmount(line.amount)}</Cell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
      <dl className="ml-auto grid max-w-80 gap-1.5 px-4 py-3 text-sm">
        <Sum term="Subtotal" money={invoice.subtotal} always />
        <Sum term="Discount" money={negative(invoice.discount_total)} />
        <Sum term="Tax" money={invoice.tax_total} />
        <Sum term="Total" money={invoice.total} always strong />
        <Sum term="Credit used" money={negative(invoice.credit_applied)} />
        <Sum term="Paid" money={negative(invoice.amount_paid)} />
        <Sum term="Still due" money={invoice.amount_remaining} always={invoice.status === 'open'} strong />
        <Sum term="Refunded" money={invoice.amount_refunded} />
        <Sum term="Credited after payment" money={invoice.amount_credited} />
      </dl>
    </Card>
  );
}

type SumProps = { term: string; money: Money; always?: boolean; strong?: boolean };

function Sum({ term, money, always = false, strong = false }: SumProps) {
  if (money.amount === 0 && !always) return null;
  return (
    <div className="flex justify-between gap-6">
      <dt className={strong ? 'font-semibold' : 'text-muted'}>{term}</dt>
      <dd className={strong ? 'font-semibold tabular-nums' : 'tabular-nums'}>{formatAmount(money)}</dd>
    </div>
  );
}

function negative(money: Money): Money {
  return { ...money, amount: money.amount === 0 ? 0 : -money.amount };
}
