import { multiple } from '@billingos/pricing/money';
import { Card, CardHeader } from '@billingos/ui/components/card';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useQuery } from '@tanstack/react-query';
import type { Subscription } from '../../api/types.ts';
import { formatInterval, formatMoney } from '../../formatting/money.ts';
import { featuresQuery } from '../features/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { priceTypes } from '../plans/price-type.ts';

/** What the subscription is made of, price by price. */
export function SubscriptionItems({ subscription }: { subscription: Subscription }) {
  const { api } = useEnvironment();
  const features = useQuery(featuresQuery(api)).data?.data ?? [];
  const featureName = (key: string) => features.find((feature) => feature.key === key)?.name ?? key;
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
              <Cell className="font-medium">
                {item.plan === subscription.plan.key ? subscription.plan.name : item.plan}
              </Cell>
              <Cell className="text-muted">
                {priceTypes.find(({ value }) => value === item.type)?.label ?? item.type}
                {item.feature ? `, ${featureName(item.feature)}` : null}
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
