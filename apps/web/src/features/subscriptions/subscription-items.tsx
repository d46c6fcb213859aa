import { multiple } from '@billingos/pricing/money';
import { Card, CardHeader } from '@billingos/ui/components/card';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import type { Subscription } from '../../api/types.ts';
import { formatInterval, formatMoney } from '../../formatting/money.ts';

const kinds: Record<string, string> = {
  flat: 'Flat',
  per_seat: 'By seat',
  per_unit: 'By unit',
  package: 'By package',
  graduated: 'Graduated',
  volume: 'By volume',
};

/** What the subscription is made of, price by price. */
export function SubscriptionItems({ subscription }: { subscription: Subscription }) {
  return (
    <Card>
      <CardHeader title="What is charged" description="All of it on one invoice, once a period." />
      <Table label="What is charged">
        <TableHead>
          <tr>
            <HeaderCell>Plan or add-on</HeaderCell>
            <HeaderCell>Price</HeaderCell>
            <HeaderCell className="text-right">Quantity</HeaderCell>
            <HeaderCell className="text-right">Amount</HeaderCell>
          </tr>
        </TableHead>
        <TableBody>
          {subscription.items.map((item) => (
            <TableRow key={item.id}>
              <Cell className="font-medium">{item.plan}</Cell>
              <Cell className="text-muted">
                {kinds[item.type] ?? item.type}
                {item.feature ? `, ${item.feature}` : null}
              </Cell>
              <Cell numeric>{item.feature ? 'by use' : item.quantity}</Cell>
              <Cell numeric>
                {item.amount
                  ? `${formatMoney({ ...item.amount, amount: multiple(item.amount.amount, item.quantity) })} / ${formatInterval(item.interval, item.interval_count)}`
                  : `each ${formatInterval(item.interval, item.interval_count)}`}
              </Cell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Card>
  );
}
