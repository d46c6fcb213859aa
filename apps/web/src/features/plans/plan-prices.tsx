import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import type { Plan } from '../../api/types.ts';
import { formatInterval } from '../../formatting/money.ts';
import { offersOf, priceWords } from './plan-terms.ts';
import { PriceGraph } from './price-graph.tsx';
import { priceTypes } from './price-type.ts';

/** What is sold now, price by price, and what use comes to. */
export function PlanPrices({ plan }: { plan: Plan }) {
  const counted = plan.prices.filter(({ type }) => type !== 'flat' && type !== 'per_seat');
  return (
    <Card>
      <CardHeader
        title="Prices"
        description={plan.prices.length === 0 ? 'None: nobody can be subscribed to it.' : 'What is sold now.'}
      />
      {plan.prices.length > 0 ? (
        <Table label="Prices">
          <TableHead>
            <tr>
              <HeaderCell>Model</HeaderCell>
              <HeaderCell>Price</HeaderCell>
              <HeaderCell>Every</HeaderCell>
              <HeaderCell>Currency</HeaderCell>
              <HeaderCell>Id</HeaderCell>
            </tr>
          </TableHead>
          <TableBody>
            {offersOf(plan.prices)
              .flat()
              .map((price) => (
                <TableRow key={price.id}>
                  <Cell className="font-medium">
                    {priceTypes.find(({ value }) => value === price.type)?.label}
                  </Cell>
                  <Cell>{priceWords(price, plan.features)}</Cell>
                  <Cell className="text-muted">{formatInterval(price.interval, price.interval_count)}</Cell>
                  <Cell className="text-muted uppercase">{price.currency}</Cell>
                  <Cell className="max-w-44 text-muted">
                    <CopyableCode value={price.id} label={`Copy price id ${price.id}`} />
                  </Cell>
                </TableRow>
              ))}
          </TableBody>
        </Table>
      ) : null}
      {counted.length > 0 ? (
        <CardBody className="grid gap-4 pt-4">
          {counted.map((price) => (
            <PriceGraph
              key={price.id}
              price={{ ...price, amount: price.amount?.amount ?? null }}
              currency={price.currency}
              counted={plan.features.find(({ feature }) => feature === price.feature)?.name ?? 'seats'}
            />
          ))}
        </CardBody>
      ) : null}
    </Card>
  );
}
