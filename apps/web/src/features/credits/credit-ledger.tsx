'use client';

import { Button } from '@billingos/ui/components/button';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useInfiniteQuery } from '@tanstack/react-query';
import { QueryStates } from '../../api/query-states.tsx';
import type { CreditEntry, Customer } from '../../api/types.ts';
import { formatMoment } from '../../formatting/dates.ts';
import { formatExact } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { creditEntriesQuery } from './queries.ts';

const words: Record<CreditEntry['kind'], string> = {
  grant: 'Granted',
  burn: 'Used',
  expire: 'Expired',
  rollover: 'Carried over',
  void: 'Made void',
  unvoid: 'Restored',
  refund: 'Given back',
};

/** Every movement of a customer's credits, newest first. Their sum is the balance. */
export function CreditLedger({ customer }: { customer: Customer }) {
  const { api } = useEnvironment();
  const entries = useInfiniteQuery(creditEntriesQuery(api, customer.id));
  return (
    <QueryStates query={entries} loading={<Skeleton className="mx-4 mb-4 h-16" />}>
      {({ pages }) => {
        const rows = pages.flatMap(({ data }) => data);
        if (rows.length === 0) return null;
        return (
          <>
            <Table label="Ledger">
              <TableHead>
                <tr>
                  <HeaderCell>Movement</HeaderCell>
                  <HeaderCell>At</HeaderCell>
                  <HeaderCell className="text-right">Credits</HeaderCell>
                </tr>
              </TableHead>
              <TableBody>
                {rows.map(({ id, kind, quantity, meter, occurred_at }) => (
                  <TableRow key={id}>
                    <Cell>
                      {words[kind]}
                      {meter === null ? null : (
                        <>
                          {' '}
                          by <span className="font-mono text-xs">{meter}</span>
                        </>
                      )}
                    </Cell>
                    <Cell className="text-muted">{formatMoment(occurred_at)}</Cell>
                    <Cell numeric>
                      {quantity > 0 ? '+' : ''}
                      {formatExact(quantity)}
                    </Cell>
                  </TableRow>
                ))}
              </TableBody>
            </Table>
            {entries.hasNextPage ? (
              <div className="border-t px-2 py-1.5">
                <Button
                  size="sm"
                  variant="ghost"
                  pending={entries.isFetchingNextPage}
                  onClick={() => void entries.fetchNextPage()}
                >
                  Show older movements
                </Button>
              </div>
            ) : null}
          </>
        );
      }}
    </QueryStates>
  );
}
