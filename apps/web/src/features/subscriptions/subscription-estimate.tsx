'use client';

import { Card, CardHeader } from '@billingos/ui/components/card';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useQuery } from '@tanstack/react-query';
import { QueryStates } from '../../api/query-states.tsx';
import type { BillEstimate, Subscription } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';
import { formatAmount } from '../../formatting/money.ts';
import { formatExact } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { estimateQuery } from './queries.ts';

/** What the period that runs comes to so far, line by line. */
export function SubscriptionEstimate({ subscription }: { subscription: Subscription }) {
  const { api } = useEnvironment();
  const estimate = useQuery(estimateQuery(api, subscription.id));
  return (
    <Card>
      <CardHeader
        title="The bill so far"
        description="What the current period comes to by now, computed as its invoice will be, before tax."
      />
      <QueryStates query={estimate} loading={<TableSkeleton rows={2} label="Loading the estimate" />}>
        {(data) =>
          data.lines.length === 0 ? (
            <p className="px-4 pb-4 text-sm text-muted">Nothing is to be charged so far.</p>
          ) : (
            <EstimateTable estimate={data} />
          )
        }
      </QueryStates>
    </Card>
  );
}

function EstimateTable({ estimate }: { estimate: BillEstimate }) {
  const { lines, subtotal, discount_total, total, period_start, period_end } = estimate;
  return (
    <Table label="The bill so far">
      <TableHead>
        <tr>
          <HeaderCell>
            {formatDay(period_start)} – {formatDay(period_end)}
          </HeaderCell>
          <HeaderCell className="text-right">Quantity</HeaderCell>
          <HeaderCell className="text-right">Amount</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {lines.map((line, index) => (
          <TableRow key={index}>
            <Cell className="whitespace-normal">{line.description}</Cell>
            <Cell numeric className="text-muted">
              {formatExact(Number(line.quantity))}
            </Cell>
            <Cell numeric>{formatAmount(line.amount)}</Cell>
          </TableRow>
        ))}
        {discount_total.amount > 0 ? (
          <>
            <Sum term="Subtotal" amount={formatAmount(subtotal)} />
            <Sum term="Discounts" amount={`−${formatAmount(discount_total)}`} />
          </>
        ) : null}
        <TableRow>
          <Cell className="font-semibold">So far</Cell>
          <Cell />
          <Cell numeric className="font-semibold">
            {formatAmount(total)}
          </Cell>
        </TableRow>
      </TableBody>
    </Table>
  );
}

function Sum({ term, amount }: { term: string; amount: string }) {
  return (
    <TableRow>
      <Cell className="text-muted">{term}</Cell>
      <Cell />
      <Cell numeric className="text-muted">
        {amount}
      </Cell>
    </TableRow>
  );
}
