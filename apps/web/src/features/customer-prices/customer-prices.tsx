'use client';

import { Button } from '@billingos/ui/components/button';
import { Card, CardHeader } from '@billingos/ui/components/card';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { Customer, CustomerPrice } from '../../api/types.ts';
import { formatInterval } from '../../formatting/money.ts';
import { ConfirmAction } from '../../forms/confirm-action.tsx';
import { featuresQuery } from '../features/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { priceWords } from '../plans/plan-terms.ts';
import { AgreePriceDialog } from './agree-price-dialog.tsx';
import { customerPricesQuery } from './queries.ts';

/** What was agreed with one customer in place of the price list. */
export function CustomerPrices({ customer }: { customer: Customer }) {
  const { api, can } = useEnvironment();
  const prices = useQuery(customerPricesQuery(api, customer.id));
  return (
    <Card>
      <CardHeader
        title="Own prices"
        description="In place of those of the plans, from the next subscription or change on."
        action={can('catalog:write') ? <AgreePriceDialog customer={customer} /> : null}
      />
      <QueryStates query={prices} loading={<TableSkeleton rows={1} label="Loading prices" />}>
        {(data) =>
          data.length === 0 ? (
            <p className="px-4 pb-4 text-sm text-muted">None: the price list applies.</p>
          ) : (
            <PricesTable customer={customer} prices={data} />
          )
        }
      </QueryStates>
    </Card>
  );
}

function PricesTable({ customer, prices }: { customer: Customer; prices: readonly CustomerPrice[] }) {
  const { api, can } = useEnvironment();
  const features = useQuery(featuresQuery(api));
  const names = (features.data?.data ?? []).map(({ key, name }) => ({ feature: key, name }));
  const [ending, setEnding] = useState<CustomerPrice | null>(null);
  return (
    <>
      <Table label="Own prices">
        <TableHead>
          <tr>
            <HeaderCell>Plan</HeaderCell>
            <HeaderCell>Price</HeaderCell>
            <HeaderCell>Every</HeaderCell>
            <HeaderCell>
              <span className="sr-only">Actions</span>
            </HeaderCell>
          </tr>
        </TableHead>
        <TableBody>
          {prices.map((price) => (
            <TableRow key={price.id}>
              <Cell className="font-medium">{price.plan}</Cell>
              <Cell>{priceWords(price, names)}</Cell>
              <Cell className="text-muted">{formatInterval(price.interval, price.interval_count)}</Cell>
              <Cell className="text-right">
                {can('catalog:write') ? (
                  <Button size="sm" variant="ghost" onClick={() => setEnding(price)}>
                    End
                  </Button>
                ) : null}
              </Cell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
      {ending ? <EndPriceDialog customer={customer} price={ending} onClose={() => setEnding(null)} /> : null}
    </>
  );
}

type EndPriceDialogProps = { customer: Customer; price: CustomerPrice; onClose: () => void };

function EndPriceDialog({ customer, price, onClose }: EndPriceDialogProps) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: () =>
      unwrap(
        api.client.DELETE('/api/v1/customers/{id}/prices/{price_id}', {
          params: { path: { id: customer.id, price_id: price.id } },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: customerPricesQuery(api, customer.id).queryKey });
      toast.success('The price list applies again');
      onClose();
    },
  });
  return (
    <ConfirmAction
      title="End this price?"
      description="The next subscription or change is at the price of the plan. What runs at it goes on as it is."
      confirmLabel="End the price"
      action={end}
      onClose={onClose}
    />
  );
}
