'use client';

import { Badge } from '@billingos/ui/components/badge';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import Link from 'next/link';
import type { StripeImportItem } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { outcomeTones, type outcomeWords } from './import-words.ts';

/** Where what was made of it has a page; a price stands on that of its plan. */
const pagesOf: Partial<Record<StripeImportItem['kind'], string>> = {
  product: 'plans',
  customer: 'customers',
  subscription: 'subscriptions',
};

type ItemsTableProps = { items: readonly StripeImportItem[]; words: ReturnType<typeof outcomeWords> };

export function ItemsTable({ items, words }: ItemsTableProps) {
  const { href } = useEnvironment();
  return (
    <Table label="Objects of Stripe">
      <TableHead>
        <tr>
          <HeaderCell>Kind</HeaderCell>
          <HeaderCell>Stripe id</HeaderCell>
          <HeaderCell>Outcome</HeaderCell>
          <HeaderCell>Why</HeaderCell>
          <HeaderCell>Here</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {items.map((item) => (
          <TableRow key={item.id}>
            <Cell>{item.kind}</Cell>
            <Cell className="max-w-56">
              <CopyableCode value={item.stripe_id} label={`Copy Stripe id of the ${item.kind}`} />
            </Cell>
            <Cell>
              <Badge tone={outcomeTones[item.outcome]}>{words[item.outcome]}</Badge>
            </Cell>
            <Cell className="min-w-56 whitespace-normal text-muted">{item.reason ?? '–'}</Cell>
            <Cell>
              {pagesOf[item.kind] && item.object_id ? (
                <Link
                  href={href(`${pagesOf[item.kind]}/${item.object_id}`)}
                  className="rounded-sm font-medium hover:underline"
                  aria-label={`Open the ${item.kind === 'product' ? 'plan' : item.kind} of ${item.stripe_id}`}
                >
                  Open
                </Link>
              ) : (
                '–'
              )}
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}
